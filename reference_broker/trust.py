"""What may be thought of an agent: trust made of its answers to intents, as this broker saw them, and of nothing that the agent says.

Of an agent's latest 100 answers, with ten imagined ones that are half good (so that a stranger has 0.5, and a single answer tells little):
reliability is the share that did not fail, competence the share of full successes, timeliness the share that came before the intent's
deadline. Nothing that a broker sees tells honesty: it stays at 0.5. Answers to one's own intents tell nothing, and are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.ledger import TakenIntent

DECAY_RATE = 0.977
"""A day's factor: half of it is left after 30 days (RFC-001, trust vector)."""

DIMENSIONS = ("reliability", "honesty", "competence", "timeliness")
ANSWERS_COUNTED = 100
"""draft-00, outlier detection: over the last 100 intents."""

IMAGINED = 10
FORGET_MS = 180 * 24 * 3_600_000
DAY_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Decay:
    """How trust fades: score × decay_rate ^ whole days since it was last updated."""

    day_ms: int = DAY_MS

    def of(self, score: float, updated_ms: int, now: int) -> float:
        return round(score * DECAY_RATE ** max(0, (now - updated_ms) // self.day_ms), 6)

    def sql(self, now: str) -> str:
        """The same of the agent `a`; `now` is the parameter that holds the time in Unix milliseconds."""
        days = f"greatest(0, ({now}::bigint - a.trust_updated_at) / {int(self.day_ms)})"
        return f"round((a.trust * power({DECAY_RATE}::float8, {days}))::numeric, 6)::float8"


class Trust:
    """Remembers answers, and reckons what they make of an agent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, did: str, intent: TakenIntent, status: str) -> None:
        """An agent answered an intent. A later answer to the same one stands in place of the earlier.

        Raises:
            BrokerError: UNAVAILABLE.
        """
        if did == intent.sender:
            return
        now = now_ms()
        in_time, took_ms = now <= intent.until_ms, float(now - intent.taken_ms)
        await self._database.execute(_NOTE, did, intent.sender, intent.id, now, status, in_time, took_ms)
        await self._database.execute(RECKON, did)

    async def sweep(self) -> None:
        """Forget what is too old to tell anything."""
        await self._database.execute("DELETE FROM answers WHERE answered_at < $1", now_ms() - FORGET_MS)


def told(agent: asyncpg.Record, decay: Decay, now: int) -> dict[str, Any]:
    """The trust of an agent's row as anybody may see it. The dimensions are those of last_updated; the score is today's."""
    return {
        "score": decay.of(agent["trust"], agent["trust_updated_at"], now),
        "dimensions": {name: agent[name] for name in DIMENSIONS},
        "decay_rate": DECAY_RATE,
        "last_updated": agent["trust_updated_at"],
    }


_NOTE = f"""
WITH beyond AS (
    DELETE FROM answers WHERE did = $1 AND answered_at <
        (SELECT answered_at FROM answers WHERE did = $1 ORDER BY answered_at DESC OFFSET {ANSWERS_COUNTED - 1} LIMIT 1)
)
INSERT INTO answers (did, sender, intent_id, answered_at, status, in_time, took_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (did, sender, intent_id) DO UPDATE
SET answered_at = excluded.answered_at, status = excluded.status, in_time = excluded.in_time, took_ms = excluded.took_ms
"""


def _share(good: str) -> str:
    """How many of the answers are good, the imagined ones among them."""
    return f"round((count(*) FILTER (WHERE {good}) + {IMAGINED / 2}) / (count(*) + {IMAGINED}), 6)"


RECKON = f"""
UPDATE agents SET reliability = history.reliability, competence = history.competence, timeliness = history.timeliness,
    trust_updated_at = history.latest, answer_times_ms = history.times
FROM (
    SELECT max(answered_at) AS latest, array_agg(took_ms ORDER BY answered_at DESC) AS times,
        {_share("status <> 'failed'")} AS reliability, {_share("status = 'success'")} AS competence, {_share("in_time")} AS timeliness
    FROM (SELECT * FROM answers WHERE did = $1 ORDER BY answered_at DESC LIMIT {ANSWERS_COUNTED}) AS counted
) AS history
WHERE agents.did = $1 AND history.latest IS NOT NULL
"""
"""What its answers make of an agent; $1 is its DID. One without answers keeps what it has."""
