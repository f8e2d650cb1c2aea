//! Which requests begin on the machine that the server runs on. A proxy on this machine calls for others,
//! so that a request which says that it came through one, or was addressed to another name, is not local.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, header};

use super::access::Identity;

/// Headers by which a proxy says for whom it calls.
const FORWARDED: [&str; 7] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
    "via",
];

/// Returns whether a request began on this machine. One without an address did not come over a
/// socket, and so from this very process.
pub fn is_local(headers: &HeaderMap, extensions: &Extensions) -> bool {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let is_near = peer.is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    is_near && !is_forwarded && is_to_this_machine(headers)
}

/// Returns whether the `Host`, if there is one, is a name that only this machine has for itself.
fn is_to_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let name = super::host::without_port(host.to_str().unwrap_or_default());
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}

/// Returns whether a request was let in as one of this machine's owner.
pub fn is_owner(extensions: &Extensions) -> bool {
    extensions.get::<Identity>().is_some_and(Identity::is_owner)
}
