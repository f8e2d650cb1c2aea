-- What documents state about themselves, kept with their text: copies share it, and it comes and
-- goes with the version that it is of.
ALTER TABLE texts ADD COLUMN aliases TEXT;
ALTER TABLE texts ADD COLUMN properties TEXT;
ALTER TABLE texts ADD COLUMN stated_created_at_ms INTEGER;
ALTER TABLE texts ADD COLUMN stated_modified_at_ms INTEGER;

-- `tag_key` is the tag in lower case.
CREATE TABLE text_tags (
    key TEXT NOT NULL REFERENCES texts (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL,
    tag_key TEXT NOT NULL,
    PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;

-- `target_key` is the target's file name as all links to it have it: see `domain::link::link_key`.
CREATE TABLE text_links (
    key TEXT NOT NULL REFERENCES texts (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    target_key TEXT NOT NULL,
    link TEXT NOT NULL,
    PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX text_links_by_target ON text_links (target_key);

-- When the file was last changed, where its owner's machine has told.
ALTER TABLE documents ADD COLUMN modified_at_ms INTEGER;
