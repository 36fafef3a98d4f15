"""What a certification was asked for: by the command line, else by ainp-harness.toml, else by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ainp_harness.cli.exits import UsageError
from ainp_harness.promises.toml_files import TomlFile
from ainp_harness.promises.vocabulary import Depth

FILE = Path("ainp-harness.toml")


def _listed(value: object) -> object:
    """'signature,replay' as well as a list."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Options(BaseModel):
    """Everything `certify` may be told. docs/configuration.md explains each key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    target: Literal["url", "embedded", "docker"] | None = None
    profile: str = "phase-0.3"
    depth: Depth | None = None
    binding: str = "auto"
    areas: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    load: bool = True
    headers: dict[str, str] = {}
    ca_file: Path | None = None
    cors_origin: str | None = Field(default=None, pattern=r"^https?://[^/\s]+$")
    didweb_host: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")
    waivers: Path | None = None
    seed: str | None = Field(default=None, min_length=1, max_length=64)
    max_requests: int | None = Field(default=None, gt=0)
    safe: bool = False
    """Leave out what could disturb a broker in production."""
    workers: int = Field(default=1, ge=1, le=16)
    """Processes that the suite's probes are spread over."""
    port: int | None = Field(default=None, ge=1, le=65535)
    instances: int = Field(default=1, ge=1, le=9)
    """So many instances of the broker over the same services; of --target embedded alone."""
    out: Path = Path("runs")
    images: dict[Literal["postgres", "redis", "nats", "broker"], str] = {}
    """Images of --target docker; without one of the broker it is built from Dockerfile.railway."""
    broker_settings: dict[str, str] = {}
    """Settings of the broker that the harness starts, for instance LIMIT_WINDOW_S; the plan records what the broker then declares."""

    broker_command: tuple[str, ...] = ()
    """Of --target embedded: a broker in place of the reference broker, by the same settings; by the configuration file alone."""
    commands: Mapping[Literal["migrate", "backup", "restore", "mint"], tuple[str, ...]] = {}
    """What that broker's deployment runs to migrate, back up and restore; {file} is where the backup lies."""

    @property
    def kind(self) -> str:
        """The target's kind: what was said, else url where there is one, else embedded."""
        return self.target or ("url" if self.url else "embedded")

    @property
    def chosen_depth(self) -> Depth:
        """What was said, else standard against a URL and quick against a broker of ours."""
        return self.depth or (Depth.STANDARD if self.kind == "url" else Depth.QUICK)


def load_options(given: Mapping[str, Any], file: Path | None) -> Options:
    """Options of the command line over those of a file.

    Args:
        given: what the command line said; None is not said.
        file: a configuration file that must exist; None takes ./ainp-harness.toml where there is one.

    Raises:
        PromiseError: the file does not fit, with its line. UsageError: what was said does not go together.
    """
    told: dict[str, Any] = {}
    path = file or (FILE if FILE.is_file() else None)
    if path is not None:
        read = TomlFile.read(path)
        told = read.parse(Options).model_dump(exclude_unset=True)
    said = {name: value for name, value in given.items() if value is not None and value != ()}
    for table in ("headers", "images"):
        if table in said:
            said[table] = {**told.get(table, {}), **said[table]}
    if "url" in said and "target" not in said:
        told.pop("target", None)
    try:
        options = Options.model_validate({**told, **said})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name}: {first['msg']}, not {first['input']!r}") from error
    if options.kind == "url" and not options.url:
        raise UsageError("--target url needs a URL: ainp-harness certify https://host")
    if options.instances > 1 and options.kind != "embedded":
        raise UsageError(f"--instances is for --target embedded, not for {options.kind}")
    if options.kind != "url" and options.url:
        raise UsageError(f"--target {options.kind} starts a broker of its own, so it takes no URL ({options.url})")
    return options


def parse_images(texts: Sequence[str]) -> dict[str, str]:
    """'role=image' pairs.

    Raises:
        UsageError: one has no equals sign.
    """
    for text in texts:
        if "=" not in text:
            raise UsageError(f"--image takes ROLE=IMAGE, for instance nats=nats:2.10-alpine, not {text!r}")
    return dict(text.split("=", 1) for text in texts)
