-- The lines at the edges of pages that are no part of the text; nothing in texts of older versions.
ALTER TABLE texts ADD COLUMN left_out TEXT;
