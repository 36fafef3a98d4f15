-- Schema 0.1.1: what a registration tells beside its capabilities. Running it again changes nothing.

ALTER TABLE agents ADD COLUMN IF NOT EXISTS public_key    bytea;
ALTER TABLE agents ADD COLUMN IF NOT EXISTS verified      boolean NOT NULL DEFAULT false;
ALTER TABLE agents ADD COLUMN IF NOT EXISTS credentials   jsonb   NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN IF NOT EXISTS registered_at bigint  NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS agents_expires_at ON agents (expires_at);

UPDATE schema_version SET version = '0.1.1', applied_at = now() WHERE version = '0.1.0';
