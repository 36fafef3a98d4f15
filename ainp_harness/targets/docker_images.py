"""Images of a Docker target: found on the daemon, pulled, or (the reference broker's) built from `Dockerfile.railway`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import errors
from testcontainers.core.config import testcontainers_config

from ainp_harness.targets.docker_daemon import Daemon, explanation, speaking
from ainp_harness.targets.errors import DiskFull, TargetError, mentions_full_disk
from ainp_harness.targets.rooms import rooms_dir

DOCKERFILE = "Dockerfile.railway"
BROKER_TAG = "ainp-broker:local"
BASE_ARGUMENT = "BASE_IMAGE"
LAST_LINES = 20


@dataclass(frozen=True)
class Image:
    """An image that is on the daemon. `digests`: what a registry knows it by; empty when it was built here."""

    name: str
    id: str
    digests: tuple[str, ...]
    user: str

    def facts(self) -> dict[str, Any]:
        return {"name": self.name, "id": self.id, "digests": list(self.digests)}


@dataclass(frozen=True)
class Build:
    """How the broker's image is built. `base`: in place of the Dockerfile's own; `network`: what its steps may reach ('host')."""

    folder: Path | None = None
    base: str | None = None
    network: str | None = None
    arguments: Mapping[str, str] | None = None


def find_image(daemon: Daemon, name: str) -> Image:
    """The image by this name; pulled when the daemon does not have it."""
    name = testcontainers_config.hub_image_name_prefix + name
    with speaking(f"looking for the image {name}"):
        try:
            return _describe(name, daemon.docker.images.get(name))
        except errors.ImageNotFound:
            pass
    with speaking(f"pulling the image {name}"):
        try:
            return _describe(name, daemon.docker.images.pull(name))
        except errors.APIError as error:
            raise _not_pulled(name, explanation(error)) from error


def build_broker(daemon: Daemon, build: Build, *, log: Path) -> Image:
    """Build the reference broker's image; the daemon's cache makes a second time quick. What the build says goes to `log`."""
    folder = build.folder or rooms_dir()
    if not (folder / DOCKERFILE).is_file():
        raise TargetError(
            f"there is no {DOCKERFILE} to build the broker from",
            where=str(folder),
            todo="Work in a clone of the harness, or name a broker image that exists.",
        )
    arguments = {**(build.arguments or {}), **({BASE_ARGUMENT: build.base} if build.base else {})}
    options = {"network_mode": build.network} if build.network else {}
    with speaking("building the broker's image"):
        try:
            image, lines = daemon.docker.images.build(
                path=str(folder), dockerfile=DOCKERFILE, tag=BROKER_TAG, rm=True, forcerm=True, buildargs=arguments, **options
            )
        except errors.BuildError as error:
            raise _build_failed(str(error.msg), _write(log, error.build_log), log) from error
        except errors.APIError as error:
            raise _build_failed(explanation(error), "", log) from error
    _write(log, lines)
    return _describe(BROKER_TAG, image)


def _describe(name: str, image: Any) -> Image:
    attributes: dict[str, Any] = image.attrs
    user = str((attributes.get("Config") or {}).get("User") or "")
    return Image(name, str(image.id), tuple(attributes.get("RepoDigests") or ()), user)


def _not_pulled(name: str, reason: str) -> TargetError:
    if mentions_full_disk(reason):
        return DiskFull("the Docker daemon's data folder")
    return TargetError(
        f"the image {name} is not on the daemon and cannot be pulled: {reason}",
        where="the Docker daemon",
        todo="Check its name and the daemon's way to the registry, or name another image; "
        "without a registry, scripts/ci-images.sh builds stand-ins.",
    )


def _write(log: Path, lines: Iterable[Mapping[str, Any]]) -> str:
    text = "".join(str(line.get("stream") or line.get("error") or "") for line in lines)
    log.write_text(text, encoding="utf-8")
    return text


def _build_failed(reason: str, text: str, log: Path) -> TargetError:
    if mentions_full_disk(f"{reason}\n{text}"):
        return DiskFull("the Docker daemon's data folder")
    last = "\n".join(f"    {line[:300]}" for line in text.splitlines()[-LAST_LINES:])
    return TargetError(
        f"the broker's image cannot be built: {reason}" + (f"; the last lines:\n{last}\n" if last else ""),
        where=str(log) if last else DOCKERFILE,
        todo="A base image that cannot be pulled is replaced by the option for it; otherwise build it by hand: "
        f"`docker build -f {DOCKERFILE} .`",
    )
