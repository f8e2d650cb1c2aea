//! Whether upstreams answer, and what leaves this machine for them.

use quire_domain::ModelId;
use quire_engines::Upstream;

use super::check::Check;
use crate::backends;
use crate::config::{DefaultModels, ModelsFolder};

/// Checks each upstream, and says which of the models that are used by default are not on this machine.
pub async fn check(folder: &ModelsFolder, defaults: &DefaultModels) -> Vec<Check> {
    let upstreams = match backends::open_upstreams(folder) {
        Ok(upstreams) => upstreams,
        Err(error) => {
            let fix = "`quire models upstream list` shows them, and `remove` takes one out";
            return vec![Check::broken("upstream", format!("{error:#}"), fix)];
        }
    };
    let mut checks = Vec::new();
    for upstream in &upstreams {
        checks.push(reach(upstream).await);
        if upstream.is_readable_on_the_way() {
            checks.push(Check::warning(
                "upstream",
                format!(
                    "what is sent to {} is not encrypted and can be read on the way",
                    upstream.host()
                ),
                "name an address that begins with `https://`, unless the network is yours alone",
            ));
        }
    }
    let chosen = [
        ("questions and passages", Some(&defaults.chat)),
        ("documents", Some(&defaults.embedding)),
    ];
    for (what, model) in chosen {
        let Some((model, upstream)) = model.and_then(|model| find(model, &upstreams)) else {
            continue;
        };
        checks.push(Check::warning(
            "privacy",
            format!(
                "{what} are sent to {}, for the default model `{model}` runs there",
                upstream.host()
            ),
            "name a model of this machine, unless that is what you want",
        ));
    }
    checks
}

/// Finds the upstream that a model is of.
fn find<'a>(
    model: &'a ModelId,
    upstreams: &'a [std::sync::Arc<Upstream>],
) -> Option<(&'a ModelId, &'a Upstream)> {
    let (first, _) = model.as_str().split_once('/')?;
    let named = |upstream: &&std::sync::Arc<Upstream>| upstream.settings().name.as_str() == first;
    upstreams.iter().find(named).map(|upstream| (model, upstream.as_ref()))
}

async fn reach(upstream: &Upstream) -> Check {
    let name = &upstream.settings().name;
    let host = upstream.host();
    match upstream.list_now().await {
        Ok(models) => {
            let count = models.len();
            let detail = format!(
                "{name} at {host} is not this machine: what its {count} models are asked is sent there"
            );
            Check::ok("upstream", detail)
        }
        Err(failure) => Check::warning(
            "upstream",
            format!("{name} at {host}, not this machine, does not list its models: {failure}"),
            "its models can be asked by name as long as it answers; otherwise mend that, or `quire models upstream remove` it",
        ),
    }
}
