CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    index_id TEXT NOT NULL UNIQUE,
    embedding_model TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE documents (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    text_key TEXT NOT NULL,
    chunk_count INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    indexed_text_key TEXT,
    indexed_chunk_count INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    UNIQUE (collection_id, path)
) STRICT;

CREATE INDEX documents_by_status ON documents (status, sequence);
CREATE INDEX documents_by_content ON documents (sha256);
CREATE INDEX documents_by_indexed_text ON documents (indexed_text_key);

-- Chunks that must leave the store; a row without a document stands for the whole index.
CREATE TABLE removals (
    index_id TEXT NOT NULL,
    document_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (index_id, document_id)
) STRICT;

CREATE TABLE texts (
    key TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    format TEXT NOT NULL,
    title TEXT,
    language TEXT NOT NULL,
    page_count INTEGER,
    blocks TEXT NOT NULL,
    warnings TEXT NOT NULL
) STRICT;

CREATE INDEX texts_by_content ON texts (sha256);

CREATE TABLE text_pages (
    key TEXT NOT NULL REFERENCES texts (key) ON DELETE CASCADE,
    page_index INTEGER NOT NULL,
    page TEXT NOT NULL,
    PRIMARY KEY (key, page_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    answer TEXT,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, position)
) STRICT, WITHOUT ROWID;
