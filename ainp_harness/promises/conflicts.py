"""Conflicts between the sources (errata) and the reading that each profile takes."""

from __future__ import annotations

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
        """Whether a broker that follows `reading` follows the profile's (or the profile takes either)."""
        return self.default.get(profile) in {"either", reading}


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
