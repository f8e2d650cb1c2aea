-- How often work on this version has failed through a fault of the document.
ALTER TABLE documents ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

-- What waits, in the order of its coming, without a look at what is done.
CREATE INDEX documents_waiting ON documents (sequence)
    WHERE status IN ('accepted', 'parsed', 'embedded');

-- Counts are told with every step of every document, so they are kept, not counted. The triggers
-- below are the only writers.
CREATE TABLE collection_counts (
    collection_id INTEGER PRIMARY KEY REFERENCES collections (id) ON DELETE CASCADE,
    documents INTEGER NOT NULL DEFAULT 0,
    indexed INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE index_counts (
    index_id TEXT PRIMARY KEY REFERENCES indexes (id) ON DELETE CASCADE,
    documents INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO collection_counts (collection_id, documents, indexed, pending, failed, size_bytes)
    SELECT c.id, COUNT(d.id), COALESCE(SUM(d.status = 'indexed'), 0),
        COALESCE(SUM(d.status IN ('accepted', 'parsed', 'embedded')), 0),
        COALESCE(SUM(d.status IN ('failed', 'unsupported')), 0), COALESCE(SUM(d.size_bytes), 0)
    FROM collections c LEFT JOIN documents d ON d.collection_id = c.id GROUP BY c.id;

INSERT INTO index_counts (index_id, documents, chunks)
    SELECT x.id, COUNT(i.document_id), COALESCE(SUM(i.chunk_count), 0)
    FROM indexes x LEFT JOIN index_documents i ON i.index_id = x.id GROUP BY x.id;

CREATE TRIGGER collections_count AFTER INSERT ON collections BEGIN
    INSERT INTO collection_counts (collection_id) VALUES (NEW.id);
END;

CREATE TRIGGER indexes_count AFTER INSERT ON indexes BEGIN
    INSERT INTO index_counts (index_id) VALUES (NEW.id);
END;

CREATE TRIGGER documents_come AFTER INSERT ON documents BEGIN
    UPDATE collection_counts SET documents = documents + 1,
        indexed = indexed + (NEW.status = 'indexed'),
        pending = pending + (NEW.status IN ('accepted', 'parsed', 'embedded')),
        failed = failed + (NEW.status IN ('failed', 'unsupported')),
        size_bytes = size_bytes + NEW.size_bytes
    WHERE collection_id = NEW.collection_id;
END;

CREATE TRIGGER documents_go AFTER DELETE ON documents BEGIN
    UPDATE collection_counts SET documents = documents - 1,
        indexed = indexed - (OLD.status = 'indexed'),
        pending = pending - (OLD.status IN ('accepted', 'parsed', 'embedded')),
        failed = failed - (OLD.status IN ('failed', 'unsupported')),
        size_bytes = size_bytes - OLD.size_bytes
    WHERE collection_id = OLD.collection_id;
END;

-- A document stays in its collection, so that one row of counts is enough.
CREATE TRIGGER documents_change AFTER UPDATE OF status, size_bytes ON documents BEGIN
    UPDATE collection_counts SET
        indexed = indexed + (NEW.status = 'indexed') - (OLD.status = 'indexed'),
        pending = pending + (NEW.status IN ('accepted', 'parsed', 'embedded'))
            - (OLD.status IN ('accepted', 'parsed', 'embedded')),
        failed = failed + (NEW.status IN ('failed', 'unsupported'))
            - (OLD.status IN ('failed', 'unsupported')),
        size_bytes = size_bytes + NEW.size_bytes - OLD.size_bytes
    WHERE collection_id = NEW.collection_id;
END;

CREATE TRIGGER held_documents_come AFTER INSERT ON index_documents BEGIN
    UPDATE index_counts SET documents = documents + 1, chunks = chunks + NEW.chunk_count
    WHERE index_id = NEW.index_id;
END;

CREATE TRIGGER held_documents_go AFTER DELETE ON index_documents BEGIN
    UPDATE index_counts SET documents = documents - 1, chunks = chunks - OLD.chunk_count
    WHERE index_id = OLD.index_id;
END;

CREATE TRIGGER held_documents_change AFTER UPDATE OF chunk_count ON index_documents BEGIN
    UPDATE index_counts SET chunks = chunks + NEW.chunk_count - OLD.chunk_count
    WHERE index_id = NEW.index_id;
END;
