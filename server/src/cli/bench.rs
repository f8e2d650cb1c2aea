//! placeholder
use super::Ending;
use clap::Args;
/// x
#[derive(Args, Debug)]
pub struct Arguments {}
/// x
pub async fn run(_arguments: Arguments) -> anyhow::Result<Ending> {
    Ok(Ending::Done)
}
