-- Folders and vaults that are mirrored into collections.
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    folder TEXT NOT NULL,
    vault TEXT,
    rules TEXT NOT NULL,
    rules_hash TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0,
    -- Tombstones up to this sequence number may be forgotten.
    horizon_seq INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE source_devices (
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    platform TEXT NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (source_id, id)
) STRICT, WITHOUT ROWID;

-- One last-writer-wins register a path. `op` is `put` or `delete`; a deletion keeps the last hash.
CREATE TABLE source_entries (
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    case_key TEXT NOT NULL,
    op TEXT NOT NULL,
    hash TEXT,
    mtime_ms INTEGER NOT NULL,
    ctime_ms INTEGER,
    size_bytes INTEGER NOT NULL,
    ts_ms INTEGER NOT NULL,
    device TEXT,
    seq INTEGER NOT NULL,
    -- By the server's clock: how long a deletion is remembered is not the client's to say.
    written_at_ms INTEGER NOT NULL,
    document_id TEXT REFERENCES documents (id) ON DELETE SET NULL,
    PRIMARY KEY (source_id, path)
) STRICT;

CREATE INDEX source_entries_by_seq ON source_entries (source_id, seq);
CREATE INDEX source_entries_by_case ON source_entries (source_id, case_key);
CREATE INDEX source_entries_by_document ON source_entries (document_id);

CREATE TABLE source_plans (
    id TEXT PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    device TEXT,
    rules_hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    is_complete INTEGER NOT NULL,
    planned_at_ms INTEGER NOT NULL,
    page_count INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE source_plan_pages (
    plan_id TEXT NOT NULL REFERENCES source_plans (id) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    PRIMARY KEY (plan_id, page)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_plan_files (
    plan_id TEXT NOT NULL REFERENCES source_plans (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    hash TEXT,
    mtime_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (plan_id, path)
) STRICT, WITHOUT ROWID;

-- Codes and keys are kept as hashes only.
CREATE TABLE pairing_codes (
    code_hash BLOB PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    source_id TEXT,
    tries_left INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE source_keys (
    key_hash BLOB PRIMARY KEY,
    source_id TEXT NOT NULL,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    device_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX source_keys_by_source ON source_keys (source_id);
