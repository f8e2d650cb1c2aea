//! The models in memory, each with a button that unloads it.

use leptos::prelude::*;
use quire_domain::{ModelId, ResidentModel, ResidentState};

use crate::UiError;
use crate::components::attempt::attempt;
use crate::components::deed_button::DeedButton;
use crate::components::notice::Notice;
use crate::server_functions::models::{list_loaded_models, unload_model};
use crate::show;

/// What the rows share.
#[derive(Clone, Copy)]
struct State {
    loaded: Resource<Result<Vec<ResidentModel>, UiError>>,
    /// What the last deed came to.
    news: RwSignal<String>,
    /// Why the last deed was refused.
    error: RwSignal<Option<String>>,
    on_unloaded: Callback<()>,
}

/// Lists what is in memory; shows nothing while that is nothing.
#[component]
pub fn LoadedModels(
    /// Runs when a model was unloaded.
    #[prop(into)]
    on_unloaded: Callback<()>,
) -> impl IntoView {
    let loaded = Resource::new(|| (), |()| list_loaded_models());
    let (news, error) = (RwSignal::new(String::new()), RwSignal::new(None));
    let state = State { loaded, news, error, on_unloaded };
    let list = move || {
        Suspend::new(async move {
            match loaded.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(models) if models.is_empty() => ().into_any(),
                Ok(models) => {
                    let rows = models.into_iter().map(|model| row(model, state)).collect_view();
                    view! {
                        <section class="loaded-models" aria-labelledby="loaded-models">
                            <h2 id="loaded-models">"In memory"</h2>
                            <table class="table labelled">
                                <thead>
                                    <tr>
                                        <th scope="col">"Model"</th>
                                        <th scope="col">"State"</th>
                                        <th scope="col">"Leaves"</th>
                                        <th scope="col" class="number">"Waiting"</th>
                                        <th scope="col" class="number">"Tokens/s"</th>
                                        <th scope="col" class="number">"Memory"</th>
                                        <th scope="col"><span class="visually-hidden">"Unload"</span></th>
                                    </tr>
                                </thead>
                                <tbody>{rows}</tbody>
                            </table>
                        </section>
                    }
                    .into_any()
                }
            }
        })
    };
    let refusal = move || error.get().map(|message| view! { <Notice message/> });
    view! {
        <Transition>{list}</Transition>
        {refusal}
        <p class="muted" role="status">{news}</p>
    }
    .into_any()
}

fn row(model: ResidentModel, state: State) -> impl IntoView {
    let doing = match model.state {
        ResidentState::Loading => "Loading",
        ResidentState::Working => "Working",
        ResidentState::Idle => "Idle",
    };
    let leaves = leaves(&model);
    let waiting = (model.waiting_requests > 0).then(|| model.waiting_requests.to_string());
    let waiting_label = waiting.is_some().then_some("Waiting");
    let speed = model.tokens_per_second.map(|speed| format!("{speed:.1}"));
    let speed_label = speed.is_some().then_some("Tokens/s");
    let name = model.id.to_string();
    let memory = show::size(model.memory_bytes);
    view! {
        <tr>
            <th scope="row"><span class="model-name">{name.clone()}</span></th>
            <td data-label="State">{doing}</td>
            <td data-label="Leaves">{leaves}</td>
            <td data-label=waiting_label class="number">{waiting}</td>
            <td data-label=speed_label class="number">{speed}</td>
            <td data-label="Memory" class="number">"about " {memory}</td>
            <td>
                <DeedButton deed="Unload" of=name class="quiet unload" on_press=move |()| unload(model.id.clone(), state)/>
            </td>
        </tr>
    }
    .into_any()
}

/// Says when a model leaves by itself.
fn leaves(model: &ResidentModel) -> String {
    match (model.ttl_seconds, model.state) {
        (None, _) => "Never".to_owned(),
        (Some(0), ResidentState::Loading | ResidentState::Working) => "When idle".to_owned(),
        (Some(seconds), ResidentState::Idle) => format!("In {}", minutes(seconds)),
        (Some(seconds), _) => format!("{} after its work", minutes(seconds)),
    }
}

/// Shows a number of seconds, in minutes if they are many.
fn minutes(seconds: u64) -> String {
    match seconds {
        0..=120 => show::count(seconds, "second", "seconds"),
        _ => show::count(seconds.div_ceil(60), "minute", "minutes"),
    }
}

fn unload(model: ModelId, state: State) {
    let name = model.to_string();
    attempt(unload_model(model), state.error, move |outcome| {
        state.news.set(format!("{name} {}.", outcome.describe()));
        state.loaded.refetch();
        state.on_unloaded.run(());
    });
}

#[cfg(test)]
mod tests {
    use quire_domain::ModelKind;

    use super::*;

    #[test]
    fn it_is_told_when_a_model_leaves() {
        let check = |state, ttl_seconds, told: &str| {
            let model = ResidentModel {
                id: "a/b".parse().expect("a name"),
                kind: ModelKind::Chat,
                state,
                memory_bytes: 1,
                ttl_seconds,
                requests: 0,
                waiting_requests: 0,
                tokens_per_second: None,
            };
            assert_eq!(leaves(&model), told);
        };
        check(ResidentState::Idle, Some(590), "In 10 minutes");
        check(ResidentState::Idle, Some(1), "In 1 second");
        check(ResidentState::Working, Some(600), "10 minutes after its work");
        check(ResidentState::Working, Some(0), "When idle");
        check(ResidentState::Loading, None, "Never");
    }
}
