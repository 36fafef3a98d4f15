"""What is not judged, with the reason: statements of the sources, and requirements that nothing from outside can show."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.toml_files import PROMISES, TomlFile


class Exclusion(BaseModel):
    """A statement of the sources that no probe judges. `requirements`: those of ours that it takes out, if any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    requirements: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    excluded: tuple[Exclusion, ...]


def load_exclusions() -> tuple[Exclusion, ...]:
    """Every exclusion.

    Raises:
        PromiseError: the file does not fit.
    """
    return TomlFile.read(PROMISES / "excluded.toml").parse(_File).excluded
