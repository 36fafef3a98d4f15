"""Gates: requirements that are a selection of named checks, as data in gates.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.requirements import Requirement
from ainp_harness.promises.toml_files import PROMISES, TomlFile
from ainp_harness.promises.vocabulary import Depth, Need

GATES = PROMISES / "gates.toml"

REQUIREMENT = re.compile(r"AINP-[A-Z]{3}-[0-9]{3}")


class Check(BaseModel):
    """One check of a gate. `needs` and `depth` hold where probes show it; a requirement has its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    shown_by: tuple[str, ...] = Field(min_length=1)
    """Requirements, or probes as file::function."""
    needs: tuple[Need, ...] = ()
    depth: Depth = Depth.QUICK

    @property
    def requirements(self) -> tuple[str, ...]:
        return tuple(one for one in self.shown_by if REQUIREMENT.fullmatch(one))

    @property
    def probes(self) -> tuple[str, ...]:
        return tuple(one for one in self.shown_by if not REQUIREMENT.fullmatch(one))


class Gate(BaseModel):
    """A requirement that passes when its checks do. With fewer than `least` that count it is out of reach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirement: str
    title: str
    least: int = Field(ge=1)
    may_fail: tuple[str, ...] = ()
    check: tuple[Check, ...]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    gate: tuple[Gate, ...]


def load_gates(requirements: Mapping[str, Requirement], path: Path = GATES) -> tuple[Gate, ...]:
    """Every gate.

    Raises:
        PromiseError: the file does not fit, names what does not exist, the gate itself, or a check twice.
    """
    file = TomlFile.read(path)
    gates = file.parse(_File).gate
    for index, gate in enumerate(gates):
        names = [check.name for check in gate.check]
        named = [gate.requirement, *(identifier for check in gate.check for identifier in check.requirements)]
        if unknown := [identifier for identifier in named if identifier not in requirements]:
            raise file.error(("gate", index), f"{unknown[0]} is no requirement of this version")
        if gate.requirement in named[1:]:
            raise file.error(("gate", index, "check"), f"{gate.requirement} would count itself")
        if len(set(names)) != len(names) or set(gate.may_fail) - set(names):
            raise file.error(("gate", index, "check"), "a name stands twice, or what may fail is no check")
    return gates
