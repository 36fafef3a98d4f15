"""Profiles: the set of promises a run is judged against."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.toml_files import PROMISES, PromiseError, TomlFile

PROFILES = PROMISES / "profiles"


class UnknownProfile(PromiseError):
    """There is no shipped profile of that name."""


class Constants(BaseModel):
    """Fixed waits and limits of a profile. Seconds and counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit_window_s: float = Field(gt=0)
    limit_per_did: int = Field(gt=0)
    limit_per_ip: int = Field(gt=0)
    skew_s: float = Field(gt=0)
    replay_margin_s: float = Field(gt=0)
    presence_s: float = Field(gt=0)


class Profile(BaseModel):
    """A named set of promises."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    source: str
    load: str | None = None
    """The load of targets.toml that its targets are measured under; None where this version runs none."""
    constants: Constants
    unprobed: tuple[str, ...] = ()
    """Requirements of the phase that no probe of this version looks at."""
    digest: str = ""


def shipped_profiles() -> list[str]:
    """The names of the profiles that come with the harness."""
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def load_profile(name: str) -> Profile:
    """A shipped profile by its name. Requirements and targets name the profiles they belong to, so there are no others.

    Raises:
        UnknownProfile: no such profile.
        PromiseError: the file is no profile; names the line.
    """
    path = PROFILES / f"{name}.toml"
    if name not in shipped_profiles():
        raise UnknownProfile(Path(name), f"no such profile; shipped are {', '.join(shipped_profiles())}")
    file = TomlFile.read(path)
    return file.parse(Profile).model_copy(update={"digest": file.digest})
