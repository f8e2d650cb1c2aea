-- A collection's indexes: the active one, and where there are any, the next and the previous one.
-- Which is which is in the collection's row, so that one statement switches.
CREATE TABLE indexes (
    id TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    embedding_model TEXT NOT NULL,
    language TEXT NOT NULL,
    analyzer_version INTEGER NOT NULL,
    switch TEXT NOT NULL DEFAULT 'when_ready',
    failure TEXT
) STRICT;

CREATE INDEX indexes_by_collection ON indexes (collection_id);

-- Indexes made before this have the first analyzer's terms.
INSERT INTO indexes (id, collection_id, embedding_model, language, analyzer_version)
    SELECT index_id, id, embedding_model, language, 1 FROM collections;

ALTER TABLE collections ADD COLUMN next_index_id TEXT;
ALTER TABLE collections ADD COLUMN previous_index_id TEXT;
ALTER TABLE collections DROP COLUMN embedding_model;
ALTER TABLE collections DROP COLUMN language;

-- Which version of which document an index holds, in how many chunks.
CREATE TABLE index_documents (
    index_id TEXT NOT NULL REFERENCES indexes (id) ON DELETE CASCADE,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    text_key TEXT NOT NULL,
    chunk_count INTEGER NOT NULL,
    PRIMARY KEY (index_id, document_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX index_documents_by_document ON index_documents (document_id);
CREATE INDEX index_documents_by_text ON index_documents (text_key);

INSERT INTO index_documents (index_id, document_id, text_key, chunk_count)
    SELECT c.index_id, d.id, d.indexed_text_key, d.indexed_chunk_count
    FROM documents d JOIN collections c ON c.id = d.collection_id
    WHERE d.indexed_text_key IS NOT NULL;

DROP INDEX documents_by_indexed_text;
ALTER TABLE documents DROP COLUMN indexed_text_key;
ALTER TABLE documents DROP COLUMN indexed_chunk_count;
