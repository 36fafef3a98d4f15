"""The load of a sealed plan: which streams run, when its window is, and the world they run in. Reads the promises' files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ainp_harness.evidence.plan import LoadInfo, Plan
from ainp_harness.promises.corpus import load_corpus
from ainp_harness.promises.targets import Load, Part, load_targets
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.binding_data import parse_binding
from ainp_harness.wire.signing import Scheme
from loadtests.arrivals import Stream
from loadtests.books import BLOCK_US
from loadtests.scenarios import SCENARIOS
from loadtests.world import World

DEFAULT_DIM = 256
"""EMBEDDING_DIM of a broker that tells none (docs/surface-v1.md)."""


class CannotRun(Exception):
    """The plan asks for a load that this engine or this binding does not have: what, and what to do."""


@dataclass(frozen=True)
class PlannedPart:
    """A scenario at a rate."""

    scenario: str
    per_minute: float
    requests: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.per_minute).limit_denominator(1000) / 60

    def to_data(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "per_minute": self.per_minute,
            "requests": self.requests,
            "model": "open",
            "arrivals": "jittered",
        }


@dataclass(frozen=True)
class Window:
    """When what happens, in Unix microseconds."""

    start_us: int
    window_start_us: int
    window_end_us: int

    @classmethod
    def starting(cls, start_us: int, load: LoadInfo) -> Window:
        begin = start_us + int(load.warmup_s * 1e6)
        return cls(start_us, begin, begin + int(load.duration_s * 1e6))

    @property
    def load_s(self) -> float:
        return (self.window_end_us - self.start_us) / 1e6


@dataclass(frozen=True)
class SealedLoad:
    """Everything that a run of the plan's load needs to know."""

    info: LoadInfo
    load: Load
    parts: tuple[PlannedPart, ...]
    transport: str
    seed: str

    @property
    def requests_a_second(self) -> float:
        return sum(part.per_minute * part.requests for part in self.parts) / 60

    def streams(self, window: Window) -> list[Stream]:
        return [
            Stream.around(self.seed, part.scenario, part.rate, start_us=window.start_us, window_start_us=window.window_start_us)
            for part in self.parts
        ]


def sealed_load(plan: Plan, binding: Binding) -> SealedLoad:
    """The load that a plan names.

    Raises:
        CannotRun: the plan has none, names an unknown one, or the binding lacks what it needs.
    """
    if plan.load is None:
        raise CannotRun("the sealed plan has no load: seal one with a load, or don't start the load engine")
    try:
        load = load_targets().named_load(plan.load.name)
    except KeyError as error:
        raise CannotRun(f"targets.toml has no load named {plan.load.name!r}") from error
    transport = transport_of(plan, binding)
    parts = tuple(PlannedPart(part.scenario, part.rate(plan.depth), part.requests) for part in load.parts if applies(part, transport))
    missing = sorted({part.scenario for part in parts} - set(SCENARIOS))
    if missing:
        raise CannotRun(f"the load {load.name} needs scenarios that this engine does not have: {', '.join(missing)}")
    return SealedLoad(plan.load, load, parts, transport, plan.seed)


def transport_of(plan: Plan, binding: Binding) -> str:
    """'websocket' where the broker declares it and the binding has it, else 'polling'."""
    return "websocket" if "websocket" in plan.features and binding.offers("websocket") else "polling"


def applies(part: Part, transport: str) -> bool:
    """Whether a part belongs to the load when agents are connected this way."""
    return part.when is None or part.when == transport


def binding_of(data: Mapping[str, Any]) -> Binding:
    """The binding of a plan, which may carry its digest beside what a binding's file has."""
    return parse_binding({name: value for name, value in data.items() if name != "digest"})


def world_of(plan: Plan, binding: Binding, sealed: SealedLoad) -> World:
    """The world of a plan."""
    embedding = plan.declared.embedding if plan.declared else {}
    dim = embedding.get("dim")
    return World(
        seed=plan.seed,
        run_id=plan.run_id,
        binding=binding,
        corpus=load_corpus(),
        agent_count=sealed.load.agents,
        identity_count=max(1, sealed.load.identities),
        transport=sealed.transport,
        scheme=Scheme(plan.canary.scheme) if plan.canary.scheme else Scheme.JCS_SHA256,
        embedding_dim=dim if isinstance(dim, int) and dim > 0 else DEFAULT_DIM,
    )


def due_in(streams: list[Stream], start_us: int, end_us: int) -> dict[str, int]:
    """How many arrivals of each stream are due in [start, end): the schedule's own count, for the books."""
    return {stream.scenario: stream.count_between(start_us, end_us) for stream in streams}


def due_by_block(streams: list[Stream], start_us: int, end_us: int) -> dict[int, int]:
    """The same by blocks of 10 s; a last block that is not whole is left out."""
    blocks = (end_us - start_us) // BLOCK_US
    return {
        block: sum(stream.count_between(start_us + block * BLOCK_US, start_us + (block + 1) * BLOCK_US) for stream in streams)
        for block in range(blocks)
    }
