-- Addresses elsewhere are found however they are written.
CREATE INDEX actors_acct_folded ON actors (LOWER(username), domain);
