"""What the container tests need: a Docker daemon, and images that are on it already. Nothing is pulled; what is missing is a reason to
skip. Images come from the variables that docker-compose.yml reads; else by their public names, or from scripts/ci-images.sh."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ainp_harness.targets import TargetError
from ainp_harness.targets.docker import DockerOptions, DockerTarget
from ainp_harness.targets.docker_daemon import Daemon
from ainp_harness.targets.docker_images import Build

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Choice:
    variable: str
    stand_in: str
    public: str


CHOICES = {
    "postgres": Choice("POSTGRES_IMAGE", "ainp-ci/postgres", "pgvector/pgvector:pg16"),
    "redis": Choice("REDIS_IMAGE", "ainp-ci/redis", "redis:7-alpine"),
    "nats": Choice("NATS_BASE_IMAGE", "ainp-ci/nats", "nats:2.10-alpine"),
    "python": Choice("PYTHON_IMAGE", "ainp-ci/base", "python:3.11-slim-bookworm"),
}


def images_on(daemon: Daemon) -> dict[str, str]:
    """The image to take for each role; skips when one is missing."""
    present = {tag.removesuffix(":latest") for image in daemon.docker.images.list() for tag in image.tags}
    chosen = {}
    for role, choice in CHOICES.items():
        wished = os.environ.get(choice.variable)
        found = [name for name in ([wished] if wished else [choice.public, choice.stand_in]) if name in present]
        if not found:
            pytest.skip(f"no image for {role} on the Docker daemon: scripts/ci-images.sh makes one, or set {choice.variable}")
        chosen[role] = found[0]
    return chosen


@pytest.fixture(scope="session")
def daemon() -> Daemon:
    try:
        return Daemon()
    except TargetError as error:
        pytest.skip(error.what)


@pytest.fixture(scope="session")
def options(daemon: Daemon) -> DockerOptions:
    images = images_on(daemon)
    is_stand_in = images["python"] == CHOICES["python"].stand_in
    return DockerOptions(
        postgres_image=images["postgres"],
        redis_image=images["redis"],
        nats_image=images["nats"],
        build=Build(base=images["python"], network=os.environ.get("BUILD_NETWORK") or ("host" if is_stand_in else None)),
    )


@pytest.fixture(scope="session")
def target(options: DockerOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerTarget]:
    """A started target, shared: every test leaves it whole."""
    with DockerTarget(tmp_path_factory.mktemp("logs"), options) as target:
        yield target
