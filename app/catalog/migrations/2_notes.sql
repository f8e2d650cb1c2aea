-- What a model noted on a passage for a question; losing it costs time only.
CREATE TABLE notes (
    key BLOB PRIMARY KEY,
    text TEXT NOT NULL,
    used_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
