"""Waivers: accepted failures, each with owner, reason, scope and expiry. Read here, applied by the judge."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.requirements import Requirement
from ainp_harness.promises.toml_files import PROMISES, PromiseError, TomlFile

SHIPPED = PROMISES / "waivers"


class Waiver(BaseModel):
    """An accepted failure. `scope` names the target it holds for: a target's name (url, embedded, docker) or a URL's host."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    requirements: tuple[str, ...] = Field(min_length=1)
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    scope: str = Field(min_length=1)
    expires: datetime.date


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    waiver: tuple[Waiver, ...]


def shipped_waivers() -> list[str]:
    """The names of the waivers that come with the harness."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_waivers(path: Path, requirements: Mapping[str, Requirement]) -> tuple[Waiver, ...]:
    """The waivers of a file, or shipped ones by their name (a word without a '.' or '/').

    Raises:
        PromiseError: the file does not fit, names a requirement that does not exist, or one that is core: those cannot be waived.
    """
    if path.name == str(path) and not path.suffix:
        if str(path) not in shipped_waivers():
            raise PromiseError(path, f"no such waivers; shipped are {', '.join(shipped_waivers())}, or give the path of a .toml file")
        path = SHIPPED / f"{path}.toml"
    file = TomlFile.read(path)
    waivers = file.parse(_File).waiver
    for index, waiver in enumerate(waivers):
        for identifier in waiver.requirements:
            if identifier not in requirements:
                raise file.error(("waiver", index, "requirements"), f"{identifier} is no requirement of this version")
            if requirements[identifier].core:
                raise file.error(("waiver", index, "requirements"), f"{identifier} is core: it cannot be waived")
    return waivers
