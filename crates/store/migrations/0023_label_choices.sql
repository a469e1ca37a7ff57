-- What members want of labels, instead of what these do by themselves.
CREATE TABLE label_choices (
    member_id BIGINT NOT NULL,
    network BIGINT NOT NULL,
    source TEXT NOT NULL,                     -- native id of a labeler; empty: of all of them
    value TEXT NOT NULL,
    choice BIGINT NOT NULL,                   -- hub::LabelChoice
    PRIMARY KEY (member_id, network, source, value)
) CLUSTERED;
