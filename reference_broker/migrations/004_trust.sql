-- What trust is made of: the latest answer of each agent to each intent. It stays when an entry is removed or expires, so that nobody gets
-- rid of a bad history by registering again. Running it again changes nothing.

CREATE TABLE IF NOT EXISTS answers (
    did          text             NOT NULL,
    sender       text             NOT NULL,     -- of the intent: several senders may use the same id
    intent_id    text             NOT NULL,
    answered_at  bigint           NOT NULL,
    status       text             NOT NULL,     -- of the RESULT: success, partial or failed
    in_time      boolean          NOT NULL,     -- before the intent's deadline
    took_ms      double precision NOT NULL,
    PRIMARY KEY (did, sender, intent_id)
);
CREATE INDEX IF NOT EXISTS answers_latest ON answers (did, answered_at DESC);
