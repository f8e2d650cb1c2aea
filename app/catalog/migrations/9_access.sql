-- Keys that open the server: their hashes, and what they are for.
CREATE TABLE access_keys (
    key_hash BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    -- Words with commas between them.
    allow TEXT NOT NULL,
    -- Whether it opens only the collections below.
    is_limited INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    used_at_ms INTEGER
) STRICT, WITHOUT ROWID;

-- By name: a key may open a collection that is yet to be made.
CREATE TABLE access_key_collections (
    key_hash BLOB NOT NULL REFERENCES access_keys (key_hash) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    PRIMARY KEY (key_hash, name_key)
) STRICT, WITHOUT ROWID;

-- Requests that came with a key or from another machine.
CREATE TABLE access_records (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    key_name TEXT,
    address TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
