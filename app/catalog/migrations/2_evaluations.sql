-- Reports of evaluations, newest last; `report` holds the whole of one as JSON.
CREATE TABLE evaluations (
    id TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    created_at_ms INTEGER NOT NULL,
    report TEXT NOT NULL
) STRICT;

CREATE INDEX evaluations_by_collection ON evaluations (collection_id, created_at_ms);

-- The questions that people keep with a collection, to evaluate it by.
CREATE TABLE evaluation_questions (
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    question TEXT NOT NULL,
    PRIMARY KEY (collection_id, position)
) STRICT, WITHOUT ROWID;
