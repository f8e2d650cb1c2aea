-- Files: bytes that were uploaded by themselves. Every document is a file as well, and its identifier
-- says which: the file `file-A` is the document `A` in one collection, and `A_1`, `A_2` in others.
CREATE TABLE files (
    id TEXT PRIMARY KEY,
    -- Who made it: what is reached with the same key, empty for whoever reaches everything.
    owner TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX files_by_content ON files (sha256);
CREATE INDEX files_by_expiry ON files (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
CREATE INDEX documents_by_time ON documents (collection_id, created_at_ms, id);

-- Everything that is a file. A document that is a further copy of one has a row among the files.
CREATE VIEW all_files AS
    SELECT id, name, purpose, sha256, size_bytes, created_at_ms, expires_at_ms, owner FROM files
    UNION ALL
    SELECT 'file-' || d.id, d.path, 'assistants', d.sha256, d.size_bytes, d.created_at_ms, NULL, ''
    FROM documents d WHERE instr(d.id, '_') = 0
        AND NOT EXISTS (SELECT 1 FROM files f WHERE f.id = 'file-' || d.id);

-- A file that is a document changes with it.
CREATE TRIGGER files_change_with_documents AFTER UPDATE OF sha256, size_bytes ON documents BEGIN
    UPDATE files SET sha256 = NEW.sha256, size_bytes = NEW.size_bytes
    WHERE id = 'file-' || NEW.id;
END;

-- What clients attach to a document: texts, numbers and flags by their names.
CREATE TABLE document_attributes (
    document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    attributes TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Documents that came together. One that is gone stays counted.
CREATE TABLE file_batches (
    id TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    created_at_ms INTEGER NOT NULL,
    is_cancelled INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE file_batch_documents (
    batch_id TEXT NOT NULL REFERENCES file_batches (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    document_id TEXT NOT NULL,
    PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;

-- Every collection as the vector store that it is. `name` is the one that a client gave, if a
-- collection cannot have it.
CREATE TABLE vector_stores (
    collection_id INTEGER PRIMARY KEY REFERENCES collections (id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    description TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    expires_after_days INTEGER,
    last_active_at_ms INTEGER NOT NULL
) STRICT;

INSERT INTO vector_stores (collection_id, id, last_active_at_ms)
    SELECT id, 'vs_' || lower(hex(randomblob(12))), created_at_ms FROM collections;

CREATE TRIGGER collections_are_vector_stores AFTER INSERT ON collections BEGIN
    INSERT INTO vector_stores (collection_id, id, last_active_at_ms)
    VALUES (NEW.id, 'vs_' || lower(hex(randomblob(12))), NEW.created_at_ms);
END;

CREATE TRIGGER collections_renamed AFTER UPDATE OF name ON collections BEGIN
    UPDATE vector_stores SET name = NULL WHERE collection_id = NEW.id;
END;

-- Responses that a later request can go on with.
CREATE TABLE kept_responses (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    -- Who made it: what is reached with the same key, empty for whoever reaches everything.
    owner TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL
) STRICT;

-- Chats as lists of items, about no collection in particular.
CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    -- Who made it: what is reached with the same key, empty for whoever reaches everything.
    owner TEXT NOT NULL DEFAULT '',
    metadata TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE thread_items (
    thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (thread_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX thread_items_by_id ON thread_items (thread_id, id);
