"""Requirements: one obligation each, as data in requirements/AREA.toml. docs/requirements.md says what the keys mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.toml_files import PROMISES, PromiseError, TomlFile
from ainp_harness.promises.vocabulary import Depth, Level, Need

REQUIREMENTS = PROMISES / "requirements"


class Requirement(BaseModel):
    """One obligation of a broker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^AINP-[A-Z]{3}-[0-9]{3}$")
    level: Level
    profiles: tuple[str, ...]
    statement: str
    source: str
    shown_by: str
    depth: Depth = Depth.QUICK
    needs: tuple[Need, ...] = ()
    when: str | None = None
    """A feature the broker must declare; not declared is NOT_APPLICABLE."""
    operations: tuple[str, ...] = ()
    """Operations whose absence breaks it."""
    core: bool = False
    area: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    requirement: tuple[Requirement, ...]


def load_requirements(folder: Path = REQUIREMENTS) -> dict[str, Requirement]:
    """Every requirement by its id; its area is the name of its file.

    Raises:
        PromiseError: a file does not fit, or an id stands twice.
    """
    found: dict[str, Requirement] = {}
    for path in sorted(folder.glob("*.toml")):
        file = TomlFile.read(path)
        for index, requirement in enumerate(file.parse(_File).requirement):
            if requirement.id in found:
                raise file.error(("requirement", index, "id"), f"{requirement.id} stands twice")
            found[requirement.id] = requirement.model_copy(update={"area": path.stem})
    if not found:
        raise PromiseError(folder, "holds no requirement")
    return found


def requirements_of(profile: str, requirements: Mapping[str, Requirement]) -> dict[str, Requirement]:
    """Those that a profile judges."""
    return {identifier: requirement for identifier, requirement in requirements.items() if profile in requirement.profiles}


def requirements_digest(requirements: Iterable[Requirement]) -> str:
    """A digest over the content of requirements, independent of files and order."""
    lines = sorted(requirement.model_dump_json() for requirement in requirements)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
