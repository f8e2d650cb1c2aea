//! `quire keys`: who may call from other machines.

use anyhow::Context;
use clap::{Args, Subcommand};
use quire_domain::{AccessKey, AccessKeyRequest, CollectionName, KeyName, NewKey, Permission};
use quire_service::access::show_permissions;
use reqwest::Method;

use super::connection::{ConnectArguments, Connection, Purpose};
use super::{Ending, output};
use crate::client::ApiClient;
use crate::http::api::keys::{AccessKeys, AccessLog};

/// What to do with keys.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and show it, this once
    Create {
        /// What to call it, such as the device or program that it is for
        #[arg(long)]
        name: KeyName,
        /// What it may do: `read` lists, searches and reads, `ask` asks questions and chats, `write` adds, changes and
        /// deletes, `tools` has models call the tools that `mcp.json` names
        #[arg(long, value_name = "WHAT,..", value_delimiter = ',', default_value = "read,ask")]
        allow: Vec<Permission>,
        /// The collections that it opens [default: all of them]
        #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
        collections: Option<Vec<CollectionName>>,
        /// When it ends, as in `12h`, `30d` or `1y` [default: never]
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        expires: Option<Seconds>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// List keys: what each opens, until when, and when it was last used
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// End keys: the next request with one is refused
    Revoke {
        /// Their names or identifiers
        #[arg(required = true)]
        keys: Vec<String>,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Show the newest requests that came with a key or from another machine
    Log {
        /// How many at most
        #[arg(short = 'n', long, default_value_t = 100)]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
}

/// A span of time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seconds(u64);

/// Reads a span of time such as `30d`.
fn seconds(text: &str) -> Result<Seconds, String> {
    let wrong = || format!("`{text}` is not a time such as `12h`, `30d` or `1y`");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let each = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        'y' => 365 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let seconds = count.checked_mul(each).filter(|seconds| *seconds > 0);
    Ok(Seconds(seconds.ok_or_else(wrong)?))
}

/// Makes, lists or ends.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let (Action::Create { connect, .. }
    | Action::List { connect, .. }
    | Action::Revoke { connect, .. }
    | Action::Log { connect, .. }) = &arguments.action;
    let connection = Connection::open(connect, Purpose::Use).await?;
    let result = act(&connection.client, &arguments.action).await;
    connection.close().await;
    result.map(|()| Ending::Done)
}

async fn act(client: &ApiClient, action: &Action) -> anyhow::Result<()> {
    match action {
        Action::Create { name, allow, collections, expires, json, .. } => {
            let request = AccessKeyRequest {
                name: name.clone(),
                allow: allow.clone(),
                collections: collections.clone(),
                expires_in_s: expires.map(|Seconds(seconds)| seconds),
            };
            let made: NewKey = client.post(&["api", "keys"], &request).await?;
            if *json {
                return output::json(&made);
            }
            output::line(&made.key);
            let details = &made.details;
            output::note(&format!(
                "`{}` may {} in {}, {}. Keep the key now: it is not shown again, and not stored.",
                details.name,
                show_permissions(&details.allow),
                places(details),
                end(details),
            ));
        }
        Action::List { json, .. } => {
            let listed: AccessKeys = client.get(&["api", "keys"]).await?;
            if *json {
                return output::json(&listed);
            }
            show(&listed.keys);
        }
        Action::Revoke { keys, .. } => {
            let known: AccessKeys = client.get(&["api", "keys"]).await?;
            for wanted in keys {
                let fits = |key: &&AccessKey| {
                    key.id.as_str() == wanted || key.name.as_str().eq_ignore_ascii_case(wanted)
                };
                let found = known.keys.iter().find(fits).with_context(|| {
                    format!("there is no key `{wanted}`; `quire keys list` shows what there is")
                })?;
                client.delete(&["api", "keys", found.id.as_str()]).await?;
                output::note(&format!("`{}` opens nothing any more.", found.name));
            }
        }
        Action::Log { limit, json, .. } => {
            let request = client.request(Method::GET, &["api", "keys", "log"]);
            let log: AccessLog = client.read(request.query(&[("limit", limit)])).await?;
            if *json {
                return output::json(&log);
            }
            show_log(&log);
        }
    }
    Ok(())
}

fn places(key: &AccessKey) -> String {
    match &key.collections {
        None => "all collections".to_owned(),
        Some(names) => {
            let names: Vec<&str> = names.iter().map(CollectionName::as_str).collect();
            names.join(", ")
        }
    }
}

fn end(key: &AccessKey) -> String {
    key.expires_at.map_or_else(|| "without end".to_owned(), |end| format!("until {}", moment(end)))
}

/// Shows a moment in UTC.
fn moment(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms);
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()).unwrap_or_default()
}

fn show(keys: &[AccessKey]) {
    let row = |key: &AccessKey| {
        vec![
            key.name.to_string(),
            show_permissions(&key.allow),
            places(key),
            end(key),
            key.used_at.map_or_else(|| "never".to_owned(), moment),
            key.id.to_string(),
        ]
    };
    let heading = ["NAME", "MAY", "COLLECTIONS", "LASTS", "LAST USED", "ID"];
    output::table(&heading, &keys.iter().map(row).collect::<Vec<_>>());
}

fn show_log(log: &AccessLog) {
    let rows: Vec<Vec<String>> = log
        .requests
        .iter()
        .map(|record| {
            vec![
                moment(record.at),
                record.key.clone().unwrap_or_else(|| "-".to_owned()),
                record.address.clone(),
                record.status.to_string(),
                format!("{} {}", record.method, record.path),
            ]
        })
        .collect();
    output::table(&["WHEN", "KEY", "FROM", "STATUS", "REQUEST"], &rows);
}

#[cfg(test)]
mod tests {
    use super::{Seconds, seconds};

    #[test]
    fn spans_of_time_are_read() {
        for (text, expected) in [
            ("30d", Some(2_592_000)),
            ("12h", Some(43_200)),
            ("1y", Some(31_536_000)),
            ("0d", None),
            ("d", None),
            ("30", None),
            ("30 days", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(seconds(text).ok(), expected.map(Seconds), "{text}");
        }
    }
}
