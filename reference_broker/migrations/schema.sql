-- Schema 0.1.0: who is registered and found, what was seen, and what the instances share. Running it again changes nothing.
-- :embedding_dim is the number of dimensions of the index, fixed at the first migration (psql -v embedding_dim=256).

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE IF NOT EXISTS schema_version (
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    version     text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO schema_version (version) VALUES ('0.1.0') ON CONFLICT DO NOTHING;

-- Times are Unix milliseconds, as everywhere in the protocol.
CREATE TABLE IF NOT EXISTS agents (
    did               text             PRIMARY KEY,
    expires_at        bigint           NOT NULL,
    reliability       double precision NOT NULL DEFAULT 0.5,
    honesty           double precision NOT NULL DEFAULT 0.5,
    competence        double precision NOT NULL DEFAULT 0.5,
    timeliness        double precision NOT NULL DEFAULT 0.5,
    -- draft: 0.35 reliability + 0.35 honesty + 0.20 competence + 0.10 timeliness
    trust             double precision NOT NULL GENERATED ALWAYS AS
        (round((0.35 * reliability + 0.35 * honesty + 0.20 * competence + 0.10 * timeliness)::numeric, 6)::double precision) STORED,
    trust_updated_at  bigint           NOT NULL,
    answer_times_ms   double precision[] NOT NULL DEFAULT '{}'      -- the latest times from INTENT to RESULT
);

CREATE TABLE IF NOT EXISTS capabilities (
    id           bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    did          text    NOT NULL REFERENCES agents (did) ON DELETE CASCADE,
    position     integer NOT NULL,
    description  text    NOT NULL,
    tags         text[]  NOT NULL,
    version      text    NOT NULL,
    evidence     text,
    price        double precision,
    embedding    vector(:embedding_dim)
);
CREATE INDEX IF NOT EXISTS capabilities_did ON capabilities (did);
CREATE INDEX IF NOT EXISTS capabilities_tags ON capabilities USING gin (tags);
CREATE INDEX IF NOT EXISTS capabilities_embedding ON capabilities USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);

-- One row for each message (and each proof that changed something) that was taken: it must not be taken again before `until`,
-- and until `forget_at` the recipients of an intent may answer it.
CREATE TABLE IF NOT EXISTS ledger (
    key         text   NOT NULL,
    did         text   NOT NULL,
    until       bigint NOT NULL,
    forget_at   bigint NOT NULL,
    taken_at    bigint NOT NULL,
    recipients  text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (key, did)
);
CREATE INDEX IF NOT EXISTS ledger_forget_at ON ledger (forget_at);

-- When a DID last proved itself: for a day it is known, registered or not.
CREATE TABLE IF NOT EXISTS proven (
    did  text   PRIMARY KEY,
    at   bigint NOT NULL
);

-- What all instances share: the broker's signing key, and the model whose embeddings the index holds.
CREATE TABLE IF NOT EXISTS shared (
    name   text PRIMARY KEY,
    value  text NOT NULL
);
