CREATE TABLE vectors (
    text_hash BLOB NOT NULL,
    fingerprint TEXT NOT NULL,
    vector BLOB NOT NULL,
    used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (text_hash, fingerprint)
) STRICT, WITHOUT ROWID;
