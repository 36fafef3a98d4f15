"""Profiles: the set of promises a run is judged against."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.toml_files import PROMISES, PromiseError, TomlFile

PROFILES = PROMISES / "profiles"


class UnknownProfile(PromiseError):
    """There is neither a shipped profile of that name nor such a file."""


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
    load: str
    constants: Constants
    unprobed: tuple[str, ...] = ()
    """Requirements of the phase that no probe of this version looks at."""
    digest: str = ""


def shipped_profiles() -> list[str]:
    """The names of the profiles that come with the harness."""
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by its name, or a user's file by its path (anything with a '/' or ending in '.toml').

    Raises:
        UnknownProfile: no such profile.
        PromiseError: the file is no profile; names the line.
    """
    own = "/" in name_or_path or name_or_path.endswith(".toml")
    path = Path(name_or_path) if own else PROFILES / f"{name_or_path}.toml"
    if not own and not path.is_file():
        raise UnknownProfile(Path(name_or_path), f"no such profile; shipped are {', '.join(shipped_profiles())}")
    file = TomlFile.read(path)
    return file.parse(Profile).model_copy(update={"digest": file.digest})
