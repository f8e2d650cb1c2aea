-- The hashes of files in folders that are synced, as long as size, time and inode stay the same.
CREATE TABLE hashes (
    root TEXT NOT NULL,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (root, path)
) WITHOUT ROWID;

-- What a client was told by a server, as JSON.
CREATE TABLE memos (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
