"""Conflicts between the sources (errata) and the reading that each profile takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from ainp_harness.promises.toml_files import PROMISES, TomlFile


class Conflict(BaseModel):
    """One contradiction, with its documented readings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    about: str
    requirement: str
    also: tuple[str, ...] = ()
    readings: dict[str, str]
    default: dict[str, str]
    never: tuple[str, ...] = ()
    note: str = ""

    def follows_profile(self, reading: str, profile: str) -> bool:
        """Whether a broker that follows `reading` follows the profile's (or the profile takes either); never one that excuses nothing."""
        return reading not in self.never and self.default.get(profile) in {"either", reading}


@dataclass(frozen=True)
class Opposed:
    """A conflict that two profiles read differently: whichever the broker follows, the other's line is DISPUTED."""

    conflict: Conflict
    first: str
    second: str

    def __str__(self) -> str:
        told = " and ".join(f"{profile} reads {self.conflict.default[profile]}" for profile in (self.first, self.second))
        ids = ", ".join([self.conflict.requirement, *self.conflict.also])
        return f"{self.conflict.id} ({self.conflict.about}): {told}. Whichever the broker follows, the other's of {ids} is DISPUTED"


def opposed(conflicts: Iterable[Conflict], profiles: Sequence[str]) -> list[Opposed]:
    """The conflicts on which any two of these profiles choose opposite readings."""
    found = []
    for conflict in conflicts:
        takes = [(profile, conflict.default[profile]) for profile in profiles if conflict.default.get(profile, "either") != "either"]
        other = next((profile for profile, reading in takes if reading != takes[0][1]), None)
        if other is not None:
            found.append(Opposed(conflict, takes[0][0], other))
    return found


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    conflict: tuple[Conflict, ...]


def load_conflicts() -> dict[str, Conflict]:
    """Every conflict by its erratum id.

    Raises:
        PromiseError: the file does not fit.
    """
    file = TomlFile.read(PROMISES / "conflicts.toml")
    return {conflict.id: conflict for conflict in file.parse(_File).conflict}
