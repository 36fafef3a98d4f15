"""Recording: exchanges and statements as they happen, one file a worker, secrets taken out before anything is kept.

What an expectation judges live is what was recorded, redacted like it: so live and recomputed verdicts cannot differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ainp_harness.evidence.files import LineWriter
from ainp_harness.wire.exchange import Body, Exchange, Request, Response

REDACTED = "[redacted]"

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"})
"""Headers whose values are secrets whoever sets them."""

SHORTEST_SECRET = 4
"""A shorter value of a user's header is redacted in its header, not wherever its letters happen to stand in a text."""


@dataclass(frozen=True)
class Redactor:
    """Takes secrets out: the values of secret headers, and wherever a user's own secret is echoed."""

    headers: frozenset[str] = SECRET_HEADERS
    values: tuple[str, ...] = ()

    @classmethod
    def for_headers(cls, extra: Mapping[str, str]) -> Redactor:
        """Every header that the user adds is treated as a secret, and so is its value in any body."""
        words = {word for value in extra.values() for word in (value, value.rpartition(" ")[2]) if len(word) >= SHORTEST_SECRET}
        return cls(SECRET_HEADERS | {name.lower() for name in extra}, tuple(sorted(words, key=len, reverse=True)))

    def also(self, secrets: Iterable[str]) -> Redactor:
        """This one, which takes out these values as well: passwords of services that the run can reach."""
        words = {word for word in secrets if len(word) >= SHORTEST_SECRET}
        return replace(self, values=tuple(sorted({*self.values, *words}, key=len, reverse=True)))

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without secrets."""
        request = exchange.request
        kept = Request(request.method, self.text(request.target), self._headers(request.headers), self._body(request.body))
        response = exchange.response
        if response is not None:
            response = Response(response.status, self._headers(response.headers), self._body(response.body))
        failure = exchange.failure and replace(exchange.failure, message=self.text(exchange.failure.message))
        frames = tuple(replace(frame, text=self.text(frame.text)) for frame in exchange.frames)
        return replace(exchange, request=kept, response=response, failure=failure, frames=frames)

    def text(self, text: str) -> str:
        for value in self.values:
            text = text.replace(value, REDACTED)
        return text

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: REDACTED if name.lower() in self.headers else self.text(value) for name, value in headers.items()}

    def _body(self, body: Body) -> Body:
        data = body.data
        for value in self.values:
            data = data.replace(value.encode(), REDACTED.encode())
        if body.truncated:
            data = self._without_cut_secret(data)
        return body if data == body.data else Body(data, body.total + len(data) - len(body.data))

    def _without_cut_secret(self, data: bytes) -> bytes:
        """The end of a body may hold the beginning of a secret, whose rest was not kept."""
        for value in self.values:
            secret = value.encode()
            for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
                if data.endswith(secret[:length]):
                    return data[:-length] + REDACTED.encode()
        return data


@dataclass
class Recorder:
    """Writes a worker's exchanges and expectations into a bundle."""

    folder: Path
    worker: str
    redactor: Redactor = field(default_factory=Redactor)

    def __post_init__(self) -> None:
        self._exchanges = LineWriter(self.folder / "exchanges" / f"{self.worker}.jsonl")
        self._expectations = LineWriter(self.folder / "expectations" / f"{self.worker}.jsonl")
        self._count = 0

    def next_id(self) -> str:
        """An exchange id that no other worker of the run gives."""
        self._count += 1
        return f"{self.worker}-{self._count}"

    def record(self, exchange: Exchange) -> Exchange:
        """Keep an exchange; what is given back is what was kept."""
        kept = self.redactor.exchange(exchange)
        self._exchanges.write(kept.to_data())
        return kept

    def probe_begins(self, probe: str, attempt: int, requirements: Iterable[str]) -> None:
        self._expectations.write(
            {
                "type": "probe",
                "event": "begin",
                "probe": probe,
                "attempt": attempt,
                "requirements": list(requirements),
                "at_ms": time.time() * 1000,
            }
        )

    def agent(self, probe: str, attempt: int, name: str, did: str) -> None:
        """Keep what a probe calls an agent, so that its key can be derived again."""
        self._expectations.write({"type": "agent", "probe": probe, "attempt": attempt, "name": name, "did": did})

    def probe_ends(self, probe: str, attempt: int, outcome: str, message: str) -> None:
        self._expectations.write(
            {
                "type": "probe",
                "event": "end",
                "probe": probe,
                "attempt": attempt,
                "outcome": outcome,
                "message": self.redactor.text(message),
                "at_ms": time.time() * 1000,
            }
        )

    def statement(
        self,
        *,
        probe: str,
        attempt: int,
        role: str,
        requirements: Iterable[str],
        expectation: str,
        params: Mapping[str, Any],
        exchanges: Iterable[str],
        live: Mapping[str, Any],
    ) -> None:
        """Keep what a probe stated and what the live evaluation said of it."""
        self._expectations.write(
            {
                "type": "statement",
                "probe": probe,
                "attempt": attempt,
                "role": role,
                "requirements": list(requirements),
                "expectation": expectation,
                "params": dict(params),
                "exchanges": list(exchanges),
                "live": dict(live),
            }
        )

    def close(self) -> None:
        self._exchanges.close()
        self._expectations.close()
