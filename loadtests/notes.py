"""What a reader of a report should know about how a load went, in sentences. Technical facts are in `generator`. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadtests.agent_states import Connectedness, Registered
from loadtests.invalid import UNCALIBRATED_RATE


@dataclass(frozen=True)
class Found:
    """How a load went, as far as it is worth a note."""

    requests_a_second: float
    agents: int
    timer: str
    registered: Registered = field(default_factory=Registered)
    connected: Connectedness | None = None
    """None where agents poll."""
    foreign: int = 0


def notes(found: Found) -> list[str]:
    """The notes of load.json: of whole sentences, and none about what is as it should be."""
    said = [_checked(found.requests_a_second)]
    if found.timer == "spin":
        said.append("This system has no timerfd: the generator spins before each request, and so takes more of the processor.")
    if found.agents:
        said += _registered(found.registered, found.agents)
        said += _connected(found.connected, found.agents) if found.connected is not None else []
    if found.foreign:
        said.append(f"{_times(found.foreign, 'message')} came to the agents that this run did not send: left over from an earlier one?")
    return said


def _checked(rate: float) -> str:
    if rate > UNCALIBRATED_RATE:
        return f"The load generator is not calibrated on this machine, and {rate:.0f} requests a second are too many for that."
    return (
        "The load generator is not calibrated on this machine, nor checked against a server of known latency; "
        f"at {rate:.0f} requests a second that is only noted."
    )


def _registered(registered: Registered, agents: int) -> list[str]:
    if registered.failed:
        return [f"{registered.failed} of {_times(agents, 'agent')} could not be registered. The first failure: {registered.first_failure}"]
    if registered.first_failure:
        return [f"Registering the agents took more than one try. The first failure: {registered.first_failure}"]
    return []


def _connected(state: Connectedness, agents: int) -> list[str]:
    said = []
    if state.connected < agents:
        said.append(f"{agents - state.connected} of {_times(agents, 'agent')} never got a WebSocket.")
    if state.breaks:
        said.append(f"Agents lost their WebSocket {_times(state.breaks, 'time')}; {state.long_breaks} of these took over 5 s to mend.")
    if state.refused:
        codes = ", ".join(f"{code} ({count})" for code, count in sorted(state.refused.items()))
        said.append(f"Opening a WebSocket failed {_times(sum(state.refused.values()), 'time')}: {codes}.")
    return said


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
