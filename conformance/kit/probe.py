"""The probe: what a test drives the broker with and states its expectations through.

A control must hold for a claim to mean anything, and speaks for a requirement of its own; a claim speaks for the probe's. Both are
recorded with what the live evaluation says, and the first that does not hold ends the attempt with a message that teaches.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from ainp_harness.judging import expectations as _expectations  # noqa: F401  # importing it registers them
from ainp_harness.judging.expectation import evaluate
from ainp_harness.judging.verdict import Outcome
from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.driver import LeftOut, Shared
from conformance.kit.faults import Faults
from conformance.kit.lines import Lines
from conformance.kit.mutations import Mutation
from conformance.kit.reach import NoControl

ATTEMPTS = 3
"""A failed probe is tried again twice, with fresh identities and ids (docs/verdicts.md)."""

SHOWN_BY_CONTROL = {
    "health": "AINP-HLT-001",
    "ready": "AINP-HLT-002",
    "register": "AINP-REG-001",
    "get_agent": "AINP-REG-002",
    "discover_text": "AINP-DSC-001",
    "advertise": "AINP-REG-005",
    "discover": "AINP-DSC-013",
    "send_intent": "AINP-INT-001",
    "poll": "AINP-QUE-003",
    "confirm": "AINP-QUE-003",
    "websocket": "AINP-WSK-001",
    "negotiate": "AINP-NEG-001",
    "get_negotiation": "AINP-NEG-001",
}
"""The requirement that a control of each operation speaks for."""


class Broken(AssertionError):
    """The broker did not do what was expected."""


class NotShown(AssertionError):
    """The broker gave no chance to show it: a control failed, or nothing answered."""


@dataclass
class Probe(Faults, Lines):
    """One attempt of one probe: drives, and states what it expects."""

    repeats: int = 1
    """How often it is tried though the broker does not break it."""
    _broken: list[Broken] = field(default_factory=list)
    """Claims for some of the requirements alone that were broken: they don't keep the others from being looked at."""

    # -- stating

    def control(self, expectation: str, *exchanges: Exchange, requirement: str | None = None, **params: Any) -> None:
        """What must hold for the claims of this attempt to mean anything."""
        own = requirement or SHOWN_BY_CONTROL.get(exchanges[0].operation)
        self._state("control", (own,) if own else (), expectation, exchanges, params)

    def claim(self, expectation: str, *exchanges: Exchange, requirements: Iterable[str] | None = None, **params: Any) -> None:
        """What the probe is about: for all its requirements; or for these of them, and then a broken one is raised at the end only."""
        try:
            self._state("claim", tuple(requirements) if requirements is not None else self.requirements, expectation, exchanges, params)
        except Broken as error:
            if requirements is None:
                raise
            self._broken.append(error)

    def raise_broken(self) -> None:
        """At the end of an attempt: raise the first of the claims that did not end it at once."""
        if self._broken:
            raise self._broken[0]

    def _state(
        self, role: str, requirements: tuple[str, ...], expectation: str, exchanges: tuple[Exchange, ...], params: Mapping[str, Any]
    ) -> None:
        judgement = evaluate(expectation, exchanges, params, self.shared.context)
        self.shared.transport.recorder.statement(
            probe=self.id, attempt=self.attempt, role=role, requirements=requirements, expectation=expectation, params=params,
            exchanges=[exchange.id for exchange in exchanges], live={"outcome": str(judgement.outcome), "message": judgement.message},
        )  # fmt: skip
        if judgement.outcome in (Outcome.HELD, Outcome.DISPUTED):
            return
        where = ", ".join(exchange.id for exchange in exchanges[:5])
        message = f"{expectation}: {judgement.message}\n{self._clause(requirements)}\n  exchanges: {where}"
        if exchanges:
            folder = self.shared.transport.recorder.folder
            message += f"\n  see it: ainp-harness replay {folder} {exchanges[-1].id} --send"
        if role == "control":
            raise NotShown(f"control {message}")
        raise (Broken if judgement.outcome is Outcome.BROKEN else NotShown)(message)

    def _clause(self, requirements: tuple[str, ...]) -> str:
        """What the requirements say, and where that stands."""
        known = self.shared.promises.requirements
        told = [f"  {one}: {known[one].statement} ({known[one].source})" if one in known else f"  {one}" for one in requirements]
        return "\n".join(told) or "  requirement: none"

    # -- the pattern of most probes

    async def shows_refusal(
        self,
        change: Mutation,
        *,
        codes: Iterable[str] = (),
        statuses: Iterable[int] = (),
        strict: bool = False,
        sign_again: bool = True,
        sender: Agent | None = None,
        recipient: Agent | None = None,
        make: Callable[[Agent, Agent], Envelope] = Agent.intent,
        requirements: Iterable[str] | None = None,
    ) -> None:
        """Control, one change, control: the changed intent is refused for the right reason and does not arrive."""
        sender, recipient = sender or self.agent("sender"), recipient or await self.recipient()
        await self.make_room()
        before = make(sender, recipient)
        self.control("accepted", await self.send(before, sender))
        original = make(sender, recipient)
        changed = change(original)
        if sign_again:
            changed = sender.sign(changed)
        exchange = await self.send(changed, sender)
        self.claim("refused", exchange, codes=list(codes), statuses=list(statuses), strict=strict, requirements=requirements)
        after = sender.intent(recipient)
        self.control("accepted", await self.send(after, sender))
        polls = await self.drain(recipient, until=after["id"])
        unwanted = [identifier for identifier in (original["id"], changed.get("id")) if isinstance(identifier, str)]
        self.claim("not_received", *polls, ids=list(dict.fromkeys(unwanted)), after=after["id"], requirements=requirements)


Test = TypeVar("Test", bound=Callable[..., Awaitable[None]])


def attempts_of(shared: Shared) -> int:
    """How often a broken probe is tried: once by a compressed profile, which is about proving probes in seconds."""
    return ATTEMPTS if shared.plan.compressed is None else 1


def requirement(*requirements: str) -> Callable[[Test], Test]:
    """A probe of these requirements: `async def test_x(probe, ...)`, tried up to three times when the broker breaks it,
    and as often as the plan says where it is core."""

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        async def attempts(*args: Any, probe: Probe, **fixtures: Any) -> None:
            begun = probe.shared.begun.get(probe.id)
            if begun is not None and begun is not asyncio.current_task():
                await begun
                return
            failures: list[BaseException] = []
            for attempt in range(1, max(attempts_of(probe.shared), probe.repeats) + 1):
                current = Probe(probe.shared, probe.id, requirements, attempt)
                try:
                    await _one_attempt(current, test, args, fixtures)
                    if not failures and attempt >= probe.repeats:
                        return
                except Broken as error:
                    failures.append(error)
                except NotShown:
                    if not failures:
                        raise
                    break  # it cannot be tried again: the broker went away, or refuses the controls by now
            first = failures[0]
            raise Broken(f"{first}\n  {len(failures)} of {attempt} attempts failed") from None

        return pytest.mark.requirement(*requirements)(attempts)  # type: ignore[no-any-return]

    return decorate


async def _one_attempt(probe: Probe, test: Callable[..., Awaitable[None]], args: tuple[Any, ...], fixtures: Mapping[str, Any]) -> None:
    recorder = probe.shared.transport.recorder
    recorder.probe_begins(probe.id, probe.attempt, probe.requirements)
    try:
        if probe.shared.transport.gone:
            raise NotShown(probe.shared.transport.gone)
        await test(*args, probe=probe, **fixtures)
    except Broken as error:
        recorder.probe_ends(probe.id, probe.attempt, "broken", str(error))
        raise
    except NotShown as error:
        recorder.probe_ends(probe.id, probe.attempt, "not_shown", str(error))
        raise
    except NoControl as error:
        recorder.probe_ends(probe.id, probe.attempt, "error", f"the target could not be steered: {error}")
        raise
    except LeftOut as error:
        recorder.probe_ends(probe.id, probe.attempt, "left_out", str(error))
        pytest.skip(str(error))
    except Exception as error:
        recorder.probe_ends(probe.id, probe.attempt, "error", f"the probe itself failed: {type(error).__name__}: {error}")
        raise
    else:
        recorder.probe_ends(probe.id, probe.attempt, "completed", "")
        probe.raise_broken()
    finally:
        probe.give_back()
