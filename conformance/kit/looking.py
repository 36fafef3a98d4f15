"""Looking before the seal: is anybody there, is it an AINP broker, what does it declare, how does it verify, is its clock right.

Nothing found here is a verdict. It becomes part of the plan; what stops a run is raised as one of the errors below.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ainp_harness.evidence.plan import Canary, Declared
from ainp_harness.promises.bindings import load_binding
from ainp_harness.wire import messages
from ainp_harness.wire.binding import Binding, Operation, Rendered, pick, render
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import Exchange, FailureKind
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.signing import Scheme
from conformance.kit.agents import Agent, Payloads
from conformance.kit.surfaces import choose
from conformance.kit.transport import own_proof

CLOSED_DOORS = frozenset({401, 403, 404, 405, 429})
"""Answers that say nothing of whether a broker stands behind them."""

CONTROL_TTL_MS = 3_600_000
"""The canary's accepted message is sent again at the very end, when hundreds of others have come between (AINP-RPL-001)."""

SKEW_LIMIT_MS = 60_000
"""Beyond it no message of ours would be in time, and no verdict about the broker (docs/verdicts.md)."""


class CannotJudge(Exception):
    """The run cannot say anything about this broker: INVALID, with what happened and what to do."""


class Unreachable(CannotJudge):
    """Nothing answers at the URL, or no secure connection can be made."""


class NotABroker(CannotJudge):
    """Something answers, and it is no AINP broker of the binding, or it answers anything with success."""


class ClockSkew(CannotJudge):
    """The clocks of broker and harness are too far apart."""


@dataclass(frozen=True)
class Look:
    """What was seen before the seal."""

    binding: Binding
    binding_why: str
    """Why this binding, where it was found by asking."""
    declared: Declared | None
    declared_error: str | None
    canary: Canary
    exchanges: tuple[Exchange, ...]


class _Looker:
    """Sends the first requests and keeps their exchanges: they are evidence too."""

    def __init__(self, client: Client, binding: Binding) -> None:
        self.client = client
        self.binding = binding
        self.exchanges: list[Exchange] = []

    async def call(self, operation: str, values: Mapping[str, Any], *, proven_by: Identity | None = None) -> Exchange:
        rendered = render(self.binding.operations[operation], values)
        headers = own_proof(proven_by)(rendered, int(time.time() * 1000)) if proven_by else {}
        return await self.send(rendered, operation, headers)

    async def send(
        self, rendered: Rendered, operation: str, headers: Mapping[str, str] | None = None, client: Client | None = None
    ) -> Exchange:
        number = len(self.exchanges) + 1
        exchange = await (client or self.client).send(rendered, operation, exchange_id=f"look-{number}", headers=headers)
        self.exchanges.append(exchange.tagged("look"))
        return exchange


async def look(client: Client, binding_name: str, seed: str, spread: Sequence[Client] = ()) -> Look:
    """Look at the broker behind a client.

    Args:
        binding_name: a shipped name, a path, or 'auto'.
        spread: two clients from source addresses that nobody else uses; none where there is only one address to send from.

    Raises:
        CannotJudge: there is nothing to judge; PromiseError: no such binding.
    """
    binding, why = await choose(client) if binding_name == "auto" else (load_binding(binding_name), "")
    looker = _Looker(client, binding)
    await _reachable(looker)
    await _not_a_catch_all(looker)
    declared, declared_error, answer = await _declared(looker)
    skew = _clock_skew(answer)
    if skew is not None and abs(skew) > SKEW_LIMIT_MS:
        ours = email.utils.formatdate(answer.started_ms / 1000, usegmt=True) if answer else "?"
        theirs = answer.response.headers.get("date") if answer and answer.response else "?"
        raise ClockSkew(
            f"The clocks are {abs(skew) / 1000:.0f} s apart: here it is {ours}, the broker says {theirs}. "
            "AINP allows 60 s, so nothing that we send is in time. Set the clock that is wrong, then run again."
        )
    scheme, notes = await _scheme(looker, seed, declared)
    addresses = await _addresses(looker, spread)
    canary = Canary(reachable=True, scheme=scheme, clock_skew_ms=skew, addresses=addresses, notes=tuple(notes))
    return Look(binding, why, declared, declared_error, canary, tuple(looker.exchanges))


async def _reachable(looker: _Looker) -> None:
    url = looker.client.base_url
    for operation in ("health", "ready", "capabilities"):
        if not looker.binding.offers(operation):
            continue
        exchange = await looker.call(operation, {})
        if exchange.response is not None:
            return
        assert exchange.failure is not None
        if exchange.failure.kind is FailureKind.TLS:
            raise Unreachable(
                f"No secure connection to {url}: {exchange.failure.message}. "
                "If the broker uses a certificate of your own authority, give it with --ca-file; else its certificate has to be mended."
            )
        if operation == "health" and exchange.failure.kind is FailureKind.TIMEOUT:
            continue
        if exchange.failure.kind is not FailureKind.TIMEOUT:
            break
    raise Unreachable(
        f"Nothing answers at {url}: {exchange.failure.message if exchange.failure else 'no answer'}. "
        "Check the URL and its port, whether the broker runs, and whether a proxy (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) stands between."
    )


async def _not_a_catch_all(looker: _Looker) -> None:
    url, binding = looker.client.base_url, looker.binding
    if binding.unknown_path is not None:
        exchange = await looker.send(Rendered("GET", binding.unknown_path, {}, b""), "unknown")
        if exchange.response is not None and exchange.response.status < 300:
            raise NotABroker(
                f"{url} answers {exchange.response.status} to {binding.unknown_path}, a path that no broker has: "
                "something there answers anything, so its answers prove nothing. "
                "Give the URL of the broker itself, not of a web site, a gateway's default page or a login."
            )
    seen = []
    statuses = set()
    for operation in ("health", "ready", "capabilities", "discover_text"):
        if binding.offers(operation):
            exchange = await looker.call(operation, {"query": "anything"})
            if exchange.response is not None:
                statuses.add(exchange.response.status)
                seen.append(f"{exchange.request.target.partition('?')[0]} {exchange.response.status}")
                if exchange.response.status not in CLOSED_DOORS and isinstance(exchange.response.body.json(), dict | list):
                    return
    if statuses and statuses <= {401, 403}:
        raise NotABroker(
            f"{url} answers {' and '.join(map(str, sorted(statuses)))} to everything, its health check included: something in front of the "
            "broker wants to know who you are. Give its token with --header 'Authorization: Bearer ...'; it is redacted in the evidence."
        )
    if statuses == {429}:
        raise NotABroker(
            f"{url} answers 429 to everything, its health check included. Wait a minute, or ask for a higher limit, then run again."
        )
    raise NotABroker(
        f"Something answers at {url}, but it is no AINP broker of the surface {binding.name!r} ({', '.join(seen)}). "
        "Give the broker's own URL, or tell its paths with --binding FILE.toml (docs/bindings.md)."
    )


async def _declared(looker: _Looker) -> tuple[Declared | None, str | None, Exchange | None]:
    """What the broker declares: by its capabilities, or by its binding where it has no such operation."""
    binding = looker.binding
    if not binding.offers("capabilities"):
        told = binding.declares
        answer = await looker.call("health", {}) if binding.offers("health") else None
        if (beside := told.get("beside")) is not None:
            operation = load_binding(str(beside)).operations["capabilities"]
            declared, _ = _read_declaration(operation, await looker.send(render(operation, {}), "beside"))
            if declared is not None:
                return declared, None, answer
        return _declared_of("binding", told, told), None, answer
    exchange = await looker.call("capabilities", {})
    declared, error = _read_declaration(binding.operations["capabilities"], exchange)
    return declared, error, exchange


def _read_declaration(operation: Operation, exchange: Exchange) -> tuple[Declared | None, str | None]:
    """What an answer of capabilities declares, or why it declares nothing."""
    if exchange.response is None or exchange.response.status not in operation.success:
        status = exchange.response.status if exchange.response else "no answer"
        return None, f"capabilities was answered with {status}"
    body = exchange.response.body.json()
    if not isinstance(body, dict):
        return None, "capabilities is no JSON object"
    fields = {name: pick(operation, name, body) for name in ("features", "limits", "did", "revision", "schemes")}
    embedding = {"model": pick(operation, "model", body), "dim": pick(operation, "dim", body)}
    try:
        return _declared_of("capabilities", {**fields, "embedding": embedding}, body), None
    except (TypeError, ValueError) as error:
        return None, f"capabilities cannot be read: {error}"


def _declared_of(source: str, told: Mapping[str, Any], body: Mapping[str, Any]) -> Declared:
    limits = {name: float(value) for name, value in (told.get("limits") or {}).items() if isinstance(value, int | float)}
    similarity, fan_out = body.get("min_similarity"), body.get("fan_out")
    return Declared(
        source=source,
        features=tuple(str(feature) for feature in told.get("features") or ()),
        limits=limits,
        min_similarity=float(similarity) if isinstance(similarity, int | float) else None,
        fan_out=int(fan_out) if isinstance(fan_out, int | float) else None,
        priority={name: float(value) for name, value in (told.get("weights") or {}).items() if isinstance(value, int | float)},
        embedding={name: value for name, value in (told.get("embedding") or {}).items() if value is not None},
        tags=body.get("tags") if isinstance(body.get("tags"), str) else None,
        signature_schemes=tuple(str(scheme) for scheme in told.get("schemes") or ()),
        constants=_constants_of(body, limits),
        did=told.get("did"),
        instance=body.get("instance") if isinstance(body.get("instance"), str) else None,
        revision=told.get("revision"),
    )


def _constants_of(body: Mapping[str, Any], limits: Mapping[str, float]) -> dict[str, float]:
    """The waits and limits that are told, by the names of a profile's constants."""
    told = body.get("constants")
    found: dict[str, Any] = {**told} if isinstance(told, dict) else {}
    found |= {name: body[name] for name in ("presence_s",) if name in body}
    names = {"window_s": "limit_window_s", "per_did": "limit_per_did", "per_ip": "limit_per_ip"}
    found |= {names[name]: value for name, value in limits.items() if name in names}
    return {name: float(value) for name, value in found.items() if isinstance(value, int | float)}


def _clock_skew(exchange: Exchange | None) -> float | None:
    """The broker's clock minus ours in milliseconds, from the Date header, whose resolution is a second; None where it has none."""
    if exchange is None or exchange.response is None or "date" not in exchange.response.headers:
        return None
    try:
        theirs = email.utils.parsedate_to_datetime(exchange.response.headers["date"])
    except (TypeError, ValueError):
        return None
    return theirs.timestamp() * 1000 + 500 - (exchange.started_ms + exchange.duration_ms / 2)


async def _addresses(looker: _Looker, spread: Sequence[Client]) -> Literal["apart", "one", "unknown"]:
    """Whether the broker counts two source addresses apart, as X-RateLimit-Remaining tells it: A, B, A again."""
    if len(spread) < 2 or not looker.binding.offers("get_agent"):
        return "one"
    stranger = Identity.derived("nobody", looker.client.base_url).did
    rendered = render(looker.binding.operations["get_agent"], {"did": stranger})
    remaining = []
    for client in (spread[0], spread[1], spread[0]):
        exchange = await looker.send(rendered, "get_agent", client=client)
        told = exchange.response.headers.get("x-ratelimit-remaining", "") if exchange.response is not None else ""
        if not told.isdecimal():
            return "unknown" if exchange.response is not None else "one"
        remaining.append(int(told))
    first, other, again = remaining
    if other == first and again == first - 1:
        return "apart"
    return "one"


async def _scheme(looker: _Looker, seed: str, declared: Declared | None) -> tuple[str | None, list[str]]:
    """The first scheme whose control is accepted, and what is to be said in the first lines."""
    if not looker.binding.offers("send_intent") or not looker.binding.offers("register"):
        return None, ["the binding offers no way to register and send, so no signing scheme was found out"]
    dim = int((declared.embedding if declared else {}).get("dim", 256))
    payloads = Payloads.of(looker.binding)
    sender, recipient = (
        Agent(Identity.derived(seed, "look", name), seed, f"look-{name}", Scheme.JCS_SHA256, dim, payloads=payloads)
        for name in ("sender", "recipient")
    )
    members = {"did": recipient.did, "public_key": recipient.identity.public_key_base64, "ttl_ms": 600_000}
    capabilities = [messages.capability("a quiet recipient that only the canary writes to", ["conformance"])]
    await looker.call("register", {**members, "capabilities": capabilities}, proven_by=recipient.identity)
    notes = []
    unsigned = {**sender.intent(recipient)}
    unsigned.pop("sig")
    bare = await looker.call("send_intent", {"envelope": unsigned})
    if bare.response is not None and bare.response.status in looker.binding.operations["send_intent"].success:
        notes.append("the broker accepts messages without a signature: it runs with its checks off, as a development mode does")
    for scheme in Scheme:
        control = replace(sender, scheme=scheme).intent(recipient, ttl_ms=CONTROL_TTL_MS)
        exchange = await looker.call("send_intent", {"envelope": control})
        if exchange.response is not None and exchange.response.status in looker.binding.operations["send_intent"].success:
            return str(scheme), notes
    notes.append("the broker refuses every signed message, in each of the three schemes: acceptance fails, and refusals prove nothing")
    return None, notes
