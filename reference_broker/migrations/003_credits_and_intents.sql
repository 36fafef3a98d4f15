-- What becomes of an intent once it is taken, and the accounts that bids are paid from. Running it again changes nothing.

-- The first hand-over to a recipient and the sender's cancelling exclude each other: both write this row.
ALTER TABLE ledger ADD COLUMN IF NOT EXISTS handed_over_at bigint;
ALTER TABLE ledger ADD COLUMN IF NOT EXISTS cancelled      boolean NOT NULL DEFAULT false;

-- In credits, eight places (RFC-001, credit system).
CREATE TABLE IF NOT EXISTS accounts (
    did       text           PRIMARY KEY,
    balance   numeric(38, 8) NOT NULL,
    reserved  numeric(38, 8) NOT NULL DEFAULT 0,
    CHECK (reserved >= 0 AND balance >= reserved)
);

-- What `accounts.reserved` is made of. A row is taken away by whoever pays it out or gives it back, so that either happens once.
CREATE TABLE IF NOT EXISTS reserves (
    kind       text           NOT NULL,       -- 'bid' of an intent, 'escrow' of a negotiation
    key        text           NOT NULL,       -- the intent's id, or the negotiation's
    payer      text           NOT NULL,
    payee      text,                          -- who alone may be paid; a bid goes to the recipient that answers
    trace_id   text,                          -- of an escrow: a RESULT of this trace releases it
    amount     numeric(38, 8) NOT NULL CHECK (amount > 0),
    return_at  bigint         NOT NULL,       -- from then on it is the payer's again
    PRIMARY KEY (kind, key, payer)
);
CREATE INDEX IF NOT EXISTS reserves_return_at ON reserves (return_at);
CREATE INDEX IF NOT EXISTS reserves_payer ON reserves (payer);
