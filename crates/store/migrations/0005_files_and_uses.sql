-- Files of ours by name (the hash of their content), and who names them: an attachment or a member's profile.
CREATE TABLE files (
    name TEXT NOT NULL,
    holder BIGINT NOT NULL,                   -- id of the attachment or of the member
    PRIMARY KEY (name, holder)
) CLUSTERED;
CREATE INDEX files_holder ON files (holder);

-- Files that nothing names any more: written together with what let them go, removed when they are off the disk.
CREATE TABLE doomed_files (
    name TEXT NOT NULL,
    fetched BIGINT NOT NULL,                  -- 1: among what was fetched, not among our own
    PRIMARY KEY (name, fetched)
) CLUSTERED;

-- What was fetched from elsewhere to be shown through us.
CREATE TABLE fetched_files (
    url_hash BYTES PRIMARY KEY,               -- keyed
    file TEXT NOT NULL,
    preview TEXT,
    used_at BIGINT NOT NULL                   -- to the day
);
CREATE INDEX fetched_files_file ON fetched_files (file);
CREATE INDEX fetched_files_preview ON fetched_files (preview) WHERE preview IS NOT NULL;
CREATE INDEX fetched_files_used ON fetched_files (used_at);

-- only sqlite
INSERT INTO files (name, holder)
    SELECT json_extract(media, '$.file'), id FROM media WHERE json_extract(media, '$.file') IS NOT NULL;
INSERT INTO files (name, holder)
    SELECT json_extract(media, '$.preview'), id FROM media
    WHERE json_extract(media, '$.file') IS NOT NULL AND json_extract(media, '$.preview') IS NOT NULL
    ON CONFLICT (name, holder) DO NOTHING;
INSERT INTO files (name, holder)
    SELECT json_extract(profile, '$.avatar.file'), id FROM actors
    WHERE domain = '' AND json_extract(profile, '$.avatar.file') IS NOT NULL;
INSERT INTO files (name, holder)
    SELECT json_extract(profile, '$.header.file'), id FROM actors
    WHERE domain = '' AND json_extract(profile, '$.header.file') IS NOT NULL
    ON CONFLICT (name, holder) DO NOTHING;
-- end
-- only postgres
INSERT INTO files (name, holder)
    SELECT media::json->>'file', id FROM media WHERE media::json->>'file' IS NOT NULL;
INSERT INTO files (name, holder)
    SELECT media::json->>'preview', id FROM media
    WHERE media::json->>'file' IS NOT NULL AND media::json->>'preview' IS NOT NULL
    ON CONFLICT (name, holder) DO NOTHING;
INSERT INTO files (name, holder)
    SELECT profile::json->'avatar'->>'file', id FROM actors
    WHERE domain = '' AND profile::json->'avatar'->>'file' IS NOT NULL;
INSERT INTO files (name, holder)
    SELECT profile::json->'header'->>'file', id FROM actors
    WHERE domain = '' AND profile::json->'header'->>'file' IS NOT NULL
    ON CONFLICT (name, holder) DO NOTHING;
-- end

-- What each grant was used for: one row an hour and purpose.
CREATE TABLE grant_uses (
    grant_id BIGINT NOT NULL,
    hour BIGINT NOT NULL,                     -- when the hour began
    what TEXT NOT NULL,                       -- a scope, or what was signed
    uses BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (grant_id, hour, what)
) CLUSTERED;
CREATE INDEX grant_uses_hour ON grant_uses (hour);
DROP TABLE grant_log;

-- What the outbox asks about a host.
CREATE INDEX hosts_closed ON hosts (closed_until) WHERE closed_until > 0;
CREATE INDEX deliveries_host ON deliveries (host) WHERE state = 0;
