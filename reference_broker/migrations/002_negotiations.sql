-- Negotiations, one row each, changed under the row's lock only. Running it again changes nothing.

CREATE TABLE IF NOT EXISTS negotiations (
    id         text    PRIMARY KEY,
    parties    text[]  NOT NULL,          -- who may act and read
    state      text    NOT NULL,
    due_at     bigint,                    -- when something happens by itself; null once it has ended
    forget_at  bigint  NOT NULL,
    document   text    NOT NULL           -- the session as JSON; text, as jsonb holds no NUL and rewrites numbers
);
CREATE INDEX IF NOT EXISTS negotiations_due_at ON negotiations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS negotiations_forget_at ON negotiations (forget_at);
CREATE INDEX IF NOT EXISTS negotiations_parties ON negotiations USING gin (parties);
