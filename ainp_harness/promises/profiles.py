"""Profiles: the set of promises a run is judged against. Shipped ones have names; a compressed one is a file, for tests, that judges like
a shipped one with shorter waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    like: str | None = None
    """Of a compressed profile: the shipped one whose requirements and readings it judges by, against a broker with the same constants."""
    constants: Constants
    broker: dict[str, str] = {}
    """Settings by which the bundled broker follows this profile's readings, and offers what it may."""
    unprobed: tuple[str, ...] = ()
    """Requirements of the phase that no probe of this version looks at."""
    digest: str = ""

    @property
    def judges(self) -> str:
        """The name by which requirements, targets and conflicts know it."""
        return self.like or self.name

    @property
    def certifies(self) -> bool:
        """A compressed profile is for tests: whatever passes by it, nothing is certified."""
        return self.like is None


class _Compressed(BaseModel):
    """A compressed profile as it stands in its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str
    source: str
    like: str
    certifies: Literal[False]
    constants: dict[str, Any]


def shipped_profiles() -> list[str]:
    """The names of the profiles that come with the harness."""
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by its name, or a compressed one by its path (anything with a '/' or ending in '.toml').

    Raises:
        UnknownProfile: no such profile.
        PromiseError: the file is no profile; names the line.
    """
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return _load_compressed(Path(name_or_path))
    if name_or_path not in shipped_profiles():
        raise UnknownProfile(
            Path(name_or_path), f"no such profile; shipped are {', '.join(shipped_profiles())}, or give the path of a .toml file"
        )
    file = TomlFile.read(PROFILES / f"{name_or_path}.toml")
    return file.parse(Profile).model_copy(update={"digest": file.digest})


def load_profiles(text: str) -> tuple[Profile, ...]:
    """The profiles of a text with commas, for instance 'phase-0.3,draft-00'.

    Raises:
        PromiseError: one cannot be loaded, stands twice, or is a compressed one beside others.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    profiles = tuple(load_profile(name) for name in names)
    if not profiles:
        raise UnknownProfile(Path(text), f"no profile is named; shipped are {', '.join(shipped_profiles())}")
    if twice := next((profile for number, profile in enumerate(profiles) if profile in profiles[:number]), None):
        raise UnknownProfile(Path(twice.name), "stands twice")
    if len(profiles) > 1 and (own := next((profile for profile in profiles if not profile.certifies), None)):
        raise UnknownProfile(Path(own.name), "a compressed profile is judged alone: its broker has other constants than anybody else's")
    return profiles


def _load_compressed(path: Path) -> Profile:
    file = TomlFile.read(path)
    own = file.parse(_Compressed)
    if own.like not in shipped_profiles():
        raise file.error(("like",), f"no such profile; shipped are {', '.join(shipped_profiles())}")
    if own.name in shipped_profiles():
        raise file.error(("name",), "a shipped profile has this name")
    base = load_profile(own.like)
    try:
        constants = Constants.model_validate({**base.constants.model_dump(), **own.constants})
    except ValidationError as error:
        first = error.errors()[0]
        message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise file.error(("constants", *first["loc"]), message) from error
    told = {"name": own.name, "title": own.title, "source": own.source, "like": own.like, "constants": constants, "digest": file.digest}
    return base.model_copy(update=told)
