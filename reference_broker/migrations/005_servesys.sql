-- The surface servesys: which waiting messages their recipient has marked as read. A mark is worth nothing once its message has expired.

CREATE TABLE IF NOT EXISTS read_marks (
    did        text   NOT NULL,
    sender     text   NOT NULL,
    message    text   NOT NULL,     -- the envelope's id, in lower case
    at         bigint NOT NULL,
    forget_at  bigint NOT NULL,
    PRIMARY KEY (did, sender, message)
);
CREATE INDEX IF NOT EXISTS read_marks_forget_at ON read_marks (forget_at);
