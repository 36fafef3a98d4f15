"""Numeric targets and the loads under which they are measured, from targets.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ainp_harness.promises.toml_files import PROMISES, TomlFile
from ainp_harness.promises.vocabulary import Depth, Need

TARGETS = PROMISES / "targets.toml"


def requirement_of(target_id: str) -> str:
    """The requirement that a target belongs to: a letter follows its id where it has several parts."""
    return target_id[:-1] if target_id[-1:].isalpha() and target_id[-2:-1].isdigit() else target_id


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Minimum(_Frozen):
    """The least from which a target may be judged at a depth."""

    duration_s: float
    samples: int
    blocks: int
    each_s: float | None = None


class Aim(_Frozen):
    """A higher number that is reported and never judged."""

    per_minute: float
    offered: float
    load: str
    warmup_s: float
    duration_s: float


class Target(_Frozen):
    """One numeric promise. targets.toml explains every key."""

    id: str = Field(pattern=r"^AINP-[A-Z]{3}-[0-9]{3}[a-z]?$")
    profiles: tuple[str, ...]
    statement: str
    scenario: str | None = None
    mode: str | None = None
    metric: str
    op: Literal["<", "<=", ">", ">="]
    value: float
    unit: str
    bound_per_minute: float | None = None
    load: str
    model: Literal["open", "scripted"]
    arrivals: str
    offered: float
    warmup_s: float
    quick: Minimum | None = None
    standard: Minimum | None = None
    full: Minimum | None = None
    depth: Depth
    needs: tuple[Need, ...] = ()
    interval: str
    conditions: tuple[str, ...] = ()
    timeout_s: float
    aim: Aim | None = None
    note: str = ""

    @model_validator(mode="after")
    def _one_of_scenario_and_mode(self) -> Target:
        if (self.scenario is None) == (self.mode is None):
            raise ValueError("exactly one of scenario and mode")
        return self

    @property
    def requirement(self) -> str:
        """The id of the requirement whose number this is."""
        return requirement_of(self.id)

    def minimum(self, depth: Depth) -> Minimum | None:
        return {Depth.QUICK: self.quick, Depth.STANDARD: self.standard, Depth.FULL: self.full}[depth]


class Part(_Frozen):
    """One scenario of a load. `requests` counts the HTTP requests an arrival makes."""

    scenario: str
    per_minute: float = Field(gt=0)
    requests: int
    when: str | None = None
    quick_per_minute: float | None = None

    def rate(self, depth: Depth) -> float:
        """Arrivals a minute at a depth."""
        return self.quick_per_minute if depth is Depth.QUICK and self.quick_per_minute is not None else self.per_minute


class Load(_Frozen):
    """Everything that runs in one window."""

    name: str
    agents: int
    identities: int
    parts: tuple[Part, ...]
    note: str = ""


class Condition(_Frozen):
    statement: str
    broken: str
    depth: Depth


class DepthTimes(_Frozen):
    certifies: bool
    limit_s: float
    warmup_s: float
    load_s: float
    budget_s: dict[str, float] = {}


class Common(_Frozen):
    """Constants of the statistics; docs/measuring.md has the reasons."""

    confidence: float
    deferred_confidence: float
    batches: int
    block_s: float
    tau_multiple: dict[str, float]
    tau_waiver: float
    p99_confidence: float
    timeout_s: float
    intent_timeout_s: float
    limited_share_max: float
    mb_bytes: int


class Targets(_Frozen):
    """The whole of targets.toml."""

    format: Literal[2]
    common: Common
    query_mix: dict[str, float]
    depth: dict[Depth, DepthTimes]
    interval: dict[str, dict[str, str | list[str]]]
    metric: dict[str, str]
    condition: dict[str, Condition]
    load: tuple[Load, ...]
    target: tuple[Target, ...]
    digest: str = ""

    def named_load(self, name: str) -> Load:
        """The load of that name.

        Raises:
            KeyError: there is none.
        """
        for load in self.load:
            if load.name == name:
                return load
        raise KeyError(name)

    def of_profile(self, profile: str) -> list[Target]:
        return [target for target in self.target if profile in target.profiles]


def load_targets(path: Path = TARGETS) -> Targets:
    """Read and check the targets.

    Raises:
        PromiseError: the file does not fit, or a target names a metric, condition, interval or load that does not exist.
    """
    file = TomlFile.read(path)
    targets = file.parse(Targets).model_copy(update={"digest": file.digest})
    loads = {load.name for load in targets.load}
    for index, target in enumerate(targets.target):
        for key, value, known in (
            ("metric", target.metric, set(targets.metric)),
            ("interval", target.interval, set(targets.interval)),
            ("load", target.load, loads),
            *(("conditions", condition, set(targets.condition)) for condition in target.conditions),
        ):
            if value not in known:
                raise file.error(("target", index, key), f"{target.id} names {value!r}, which is not defined")
    return targets
