//! Plans as they are recorded: what a vault holds, for as long as its sync takes.

use quire_domain::sync::{DeviceId, PlanFile, PlanId, Scope, SourceId};

/// A plan to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPlan {
    /// The source.
    pub source: SourceId,
    /// The device that asks.
    pub device: Option<DeviceId>,
    /// Names the rules that chose its files.
    pub rules_hash: String,
    /// The part of the source that it is about.
    pub scope: Scope,
    /// Whether its files are all there are.
    pub is_complete: bool,
    /// When the vault was listed.
    pub planned_at_ms: i64,
    /// How many pages its files come in.
    pub page_count: u32,
    /// When it ends.
    pub expires_at_ms: i64,
}

/// A plan as it is recorded, with the files that have come.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRecord {
    /// Names it.
    pub id: PlanId,
    /// Its properties.
    pub plan: NewPlan,
    /// The source's sequence number when it was begun.
    pub seq: u64,
    /// Pages that have not come.
    pub awaiting_pages: Vec<u32>,
    /// Its files by path.
    pub files: Vec<PlanFile>,
}
