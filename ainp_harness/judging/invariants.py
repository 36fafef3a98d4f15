"""Invariants: pure functions over all recorded traffic, whoever sent it. Each says how much it saw; none seen is NOT_OBSERVED."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ainp_harness.evidence.faults import Fault, outages
from ainp_harness.judging.expectation import Context, describe
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.judging.expectations.delivery import deliveries_in, same_value
from ainp_harness.judging.expectations.errors import error_lacks, error_message_lacks
from ainp_harness.wire.binding import pick_path
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.proof import DID_HEADER

INTERNALS = re.compile(
    r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|\bat [\w.$<>]+ \([^)]*:\d+:\d+\)|goroutine \d+ \["
    r"|\b(?:asyncpg|psycopg2?|sqlalchemy|pydantic|starlette|uvicorn|nats-py|redis-py|pgvector|node_modules|site-packages)\b"
    r"|\bSELECT\b[^\"]{1,200}\bFROM\b \w|(?i:\bselect \* from\b|\binsert into\b \w)"
    r"|(?i:\bsyntax error at or near\b|\brelation \S{1,80} does not exist\b)"
    r"|(?:postgres(?:ql)?|redis|rediss|nats)://|/(?:usr|home|app|var|opt|root|srv|tmp)/[\w./-]+|\bECONNREFUSED\b|\bErrno \d+\b"
)
"""What no body may show: stack traces, SQL, file paths, library names, connection strings (AINP-ERR-003)."""

AGENTS_WORDS = frozenset({"discover_text", "discover", "get_agent", "poll"})
"""Operations whose answers hold what agents say of themselves and to each other."""

SERVICES = ("postgres", "redis", "nats")

NOTICE_MS = 2_000.0
"""Within so long ready notices that a service is down (AINP-HLT-003)."""

VERSIONS = re.compile(r"(?i)\b(?:postgres(?:ql)?|redis|valkey|nats(?:-server)?|pgvector|python|node)\b[^\"\n]{0,20}?\bv?\d+\.\d+")


@dataclass(frozen=True)
class Violation:
    """One exchange that breaks an invariant."""

    exchange: Exchange
    message: str


@dataclass(frozen=True)
class InvariantResult:
    """What an invariant says: how much it looked at, and what broke it."""

    name: str
    requirement: str
    seen: int
    violations: tuple[Violation, ...]
    fault: str = ""
    """Why it could not be looked at: a checker's own fault neither passes nor fails a broker."""


@dataclass(frozen=True)
class Traffic:
    """All exchanges of a run with what expectations know."""

    exchanges: Sequence[Exchange]
    context: Context
    faults: Sequence[Fault] = ()

    def during(self, roles: Sequence[str], operation: str, *, longer_than_ms: float = 0.0) -> list[Exchange]:
        """The exchanges of an operation that lie wholly within an outage of one of these roles, when it had lasted so long."""
        times = [(outage.from_ms + longer_than_ms, outage.until_ms) for outage in outages(self.faults) if outage.role in roles]
        return [
            exchange
            for exchange in self.exchanges
            if exchange.operation == operation
            and any(start < exchange.started_ms and exchange.started_ms + exchange.duration_ms < end for start, end in times)
        ]


Check = Callable[[Traffic], tuple[int, Iterable[Violation]]]

_INVARIANTS: list[tuple[str, str, Check]] = []


def invariant(requirement: str) -> Callable[[Check], Check]:
    """Register a check for a requirement: it gives how much it looked at, and the violations."""

    def register(check: Check) -> Check:
        _INVARIANTS.append((check.__name__, requirement, check))
        return check

    return register


def invariant_names() -> tuple[tuple[str, str], ...]:
    """Every invariant's name, and the requirement that it speaks for."""
    return tuple((name, requirement) for name, requirement, _ in _INVARIANTS)


def invariant_about(name: str) -> str:
    """What an invariant says of itself."""
    return next((check.__doc__ or "" for known, _, check in _INVARIANTS if known == name), "")


def invariant_requirements() -> frozenset[str]:
    """The requirements that an invariant speaks for."""
    return frozenset(requirement for _, requirement, _ in _INVARIANTS)


def check_invariants(exchanges: Iterable[Exchange], context: Context, faults: Iterable[Fault] = ()) -> list[InvariantResult]:
    """Every invariant over these exchanges, and over what was done to the broker meanwhile."""
    traffic = Traffic(list(exchanges), context, tuple(faults))
    results = []
    for name, requirement, check in _INVARIANTS:
        try:
            seen, violations = check(traffic)
        except Exception as error:  # noqa: BLE001  # whatever it is, it says nothing about the broker
            results.append(InvariantResult(name, requirement, 0, (), f"could not be evaluated: {type(error).__name__}: {error}"))
            continue
        results.append(InvariantResult(name, requirement, seen, tuple(violations)))
    return results


def _is_error(exchange: Exchange) -> bool:
    return exchange.kind == "http" and exchange.response is not None and exchange.response.status >= 400


@invariant("AINP-ERR-002")
def errors_have_one_shape(traffic: Traffic) -> tuple[int, list[Violation]]:
    """Every 4xx and 5xx answer is JSON with a code or text where the binding says; health's own 503 and preflights have other shapes."""
    asked = _errors_told(traffic)
    path = traffic.context.binding.error.get("error_code", "error_code")
    violations = []
    for exchange in asked:
        assert exchange.response is not None
        body = exchange.response.body.json()
        if not isinstance(body, dict):
            violations.append(Violation(exchange, f"an error without a JSON object: {describe(exchange)}"))
        elif not isinstance(pick_path(path, body), str):
            violations.append(Violation(exchange, f"an error without {path}: {describe(exchange)}"))
        elif exchange.response.status == 500:
            violations.append(Violation(exchange, f"a fault of the server: {describe(exchange)}"))
    return len(asked), violations


def _errors_told(traffic: Traffic) -> list[Exchange]:
    """Errors that are told as errors: not health's and ready's own 503, nor preflights, nor what has no body."""
    return [
        exchange
        for exchange in traffic.exchanges
        if _is_error(exchange) and exchange.operation not in ("health", "ready") and exchange.request.method not in ("OPTIONS", "HEAD")
    ]


@invariant("AINP-ERR-001")
def errors_have_code_and_message(traffic: Traffic) -> tuple[int, list[Violation]]:
    """Every error has a code in capitals and a message, and says when to try again where waiting helps."""
    return _lacking(traffic, error_lacks)


@invariant("AINP-ERR-006")
def errors_are_error_messages(traffic: Traffic) -> tuple[int, list[Violation]]:
    """Every error is an ERROR message, with the id of the message that it answers."""
    return _lacking(traffic, error_message_lacks)


def _lacking(traffic: Traffic, lacks: Callable[[Exchange, Context], str]) -> tuple[int, list[Violation]]:
    told = _errors_told(traffic)
    found = [(exchange, lacks(exchange, traffic.context)) for exchange in told]
    return len(told), [Violation(exchange, f"{lacking}: {describe(exchange)}") for exchange, lacking in found if lacking]


@invariant("AINP-ERR-003")
def no_internals_in_bodies(traffic: Traffic) -> tuple[int, list[Violation]]:
    """No stack trace, SQL, path, library or connection string in a body, beside what the harness itself sent in this run.

    A successful answer of an operation that passes on agents' words is not looked at: a live registry may speak of anything.
    """
    answered = [exchange for exchange in traffic.exchanges if exchange.kind == "http" and exchange.response is not None]
    answered = [exchange for exchange in answered if not (exchange.operation in AGENTS_WORDS and was_accepted(exchange, traffic.context))]
    sent = "\n".join({text for exchange in answered for text in _sent_texts(exchange)})
    violations = []
    for exchange in answered:
        assert exchange.response is not None
        own = "\n".join(_sent_texts(exchange))
        for match in INTERNALS.finditer(exchange.response.body.text):
            ours = match[0] in own or (exchange.response.status < 400 and match[0] in sent)
            if not ours:
                violations.append(Violation(exchange, f"the body shows {match[0]!r}"))
                break
    return len(answered), violations


def _sent_texts(exchange: Exchange) -> tuple[str, str]:
    return exchange.request.body.text, unquote(exchange.request.target)


@invariant("AINP-HLT-008")
def health_bodies_tell_nothing(traffic: Traffic) -> tuple[int, list[Violation]]:
    """Bodies of health and ready show no connection strings, versions, driver messages or stack traces."""
    answered = [exchange for exchange in traffic.exchanges if exchange.operation in ("health", "ready") and exchange.response is not None]
    violations = []
    for exchange in answered:
        assert exchange.response is not None
        text = exchange.response.body.text
        if found := INTERNALS.search(text) or VERSIONS.search(text):
            violations.append(Violation(exchange, f"the body shows {found[0]!r}"))
    return len(answered), violations


@invariant("AINP-HLT-003")
def never_ready_without_a_service(traffic: Traffic) -> tuple[int, list[Violation]]:
    """ready never says ready while PostgreSQL, Redis or NATS has been down for longer than the 2 s it may take to notice."""
    asked = traffic.during(SERVICES, "ready", longer_than_ms=NOTICE_MS)
    return len(asked), [
        Violation(exchange, f"said ready while a service was down: {describe(exchange)}")
        for exchange in asked
        if was_accepted(exchange, traffic.context)
    ]


@invariant("AINP-INT-012")
def nothing_acknowledged_without_nats(traffic: Traffic) -> tuple[int, list[Violation]]:
    """No intent is acknowledged while NATS is down, whoever sends it."""
    sent = traffic.during(("nats",), "send_intent")
    return len(sent), [
        Violation(exchange, f"acknowledged while NATS was down: {describe(exchange)}")
        for exchange in sent
        if was_accepted(exchange, traffic.context)
    ]


@invariant("AINP-RPL-001")
def no_accepted_replay(traffic: Traffic) -> tuple[int, list[Violation]]:
    """No (from_did, id) is accepted twice."""
    accepted: set[tuple[str, str]] = set()
    violations, seen = [], 0
    for exchange in traffic.exchanges:
        if exchange.operation != "send_intent" or not was_accepted(exchange, traffic.context):
            continue
        body = exchange.request.message
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            continue
        seen += 1
        key = (str(body.get("from_did")), body["id"].lower())
        if key in accepted:
            violations.append(Violation(exchange, f"{key[1]} of {key[0]} was accepted a second time"))
        accepted.add(key)
    return seen, violations


def _accepted_messages(traffic: Traffic) -> list[dict[str, Any]]:
    accepted = [one for one in traffic.exchanges if one.operation == "send_intent" and was_accepted(one, traffic.context)]
    return [body for one in accepted if isinstance(body := one.request.message, dict)]


@invariant("AINP-QOS-002")
def deliveries_are_what_was_sent(traffic: Traffic) -> tuple[int, list[Violation]]:
    """Every delivery of a message that the harness sent is the same JSON value as what was accepted, over whatever way it comes."""
    sent: dict[tuple[str, str], Any] = {}
    for body in _accepted_messages(traffic):
        sent.setdefault((str(body.get("from_did")), str(body.get("id")).lower()), body)
    by_id = {identifier: body for (_, identifier), body in sent.items()}
    violations, seen = [], 0
    for exchange in traffic.exchanges:
        for delivery in deliveries_in(exchange, traffic.context):
            original = sent.get((str(delivery.from_did), delivery.id), by_id.get(delivery.id))
            if original is None or delivery.envelope is None:
                continue
            seen += 1
            if not same_value(delivery.envelope, original):
                violations.append(Violation(exchange, f"{delivery.id} was delivered as another value than was sent"))
    return seen, violations


@invariant("AINP-INT-003")
def nobody_sees_anothers_message(traffic: Traffic) -> tuple[int, list[Violation]]:
    """No poll and no WebSocket delivers a message that names somebody else in to_did.

    Where a surface shows no envelopes, to_did is what the harness itself sent under that id.
    """
    addressees = {(body.get("from_did"), str(body.get("id")).lower()): body.get("to_did") for body in _accepted_messages(traffic)}
    violations, seen = [], 0
    for exchange in traffic.exchanges:
        reader = exchange.request.headers.get(DID_HEADER.lower())
        for delivery in deliveries_in(exchange, traffic.context):
            seen += 1
            addressee = addressees.get((delivery.from_did, delivery.id)) if delivery.envelope is None else delivery.envelope.get("to_did")
            if addressee is not None and reader is not None and addressee != reader:
                violations.append(Violation(exchange, f"{delivery.id}, addressed to {addressee}, was delivered to {reader}"))
    return seen, violations
