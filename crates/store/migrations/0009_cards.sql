-- What is known of pages that posts link to. No subject: it is about the page, whoever links to it.

CREATE TABLE link_cards (
    url_hash TEXT PRIMARY KEY,                -- keyed
    card TEXT,                                -- JSON; NULL: the page says nothing
    expires_at BIGINT NOT NULL
);
CREATE INDEX link_cards_expires ON link_cards (expires_at);
