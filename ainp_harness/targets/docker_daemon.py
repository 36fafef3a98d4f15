"""The Docker daemon: whether one answers, whether it is of this machine, and what runs that died have left on it. Everything a target
makes carries two labels, whose it is and which session's; Ryuk removes by the second where it can run, and the next start by the first."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import requests
from docker import errors
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import Reaper
from testcontainers.core.docker_client import DockerClient, get_docker_host

from ainp_harness.targets.errors import DiskFull, TargetError, mentions_full_disk

OWNER = "ainp-harness.owner"  # host:pid:start of the process that made it
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = "0.0.0.0"
DEFAULT_HOST = "unix:///var/run/docker.sock"
KNOCK_S = 5.0


class Daemon:
    """A daemon that answers."""

    def __init__(self) -> None:
        try:
            _knock(get_docker_host() or DEFAULT_HOST)
            self.client = DockerClient()
            self.client.client.ping()
            info = self.client.client.info()
        except (errors.DockerException, requests.RequestException, OSError, ValueError) as error:
            raise no_daemon(error) from error
        self.docker: Any = self.client.client
        self.version = str(info.get("ServerVersion", "unknown"))
        # Its host's name is ours: then we are no container on it, whatever files lie about. testcontainers goes by /.dockerenv alone.
        self.is_beside_us = info.get("Name") == socket.gethostname() and self.client.client.api.base_url.startswith("http+docker")

    @property
    def publish_on(self) -> str:
        """The address ports are published on: loopback whenever that is where we come from."""
        return LOOPBACK if self.is_beside_us or self.client.host() in LOOPBACK_NAMES else EVERY_ADDRESS

    def address(self, container_id: str, *, port: int, published: int) -> tuple[str, int]:
        """Where we reach a container's port. From within another container that is not its published port on loopback."""
        mode = self.client.get_connection_mode()
        if self.publish_on == LOOPBACK:
            return LOOPBACK, published  # not `localhost`, which may also mean ::1, where nothing is published
        if not mode.use_mapped_port:
            return self.client.bridge_ip(container_id), port
        host = self.client.gateway_ip(container_id) if mode.name == "gateway_ip" else self.client.host()
        return host, published

    def close(self) -> None:
        self.docker.close()

    def remove_leftovers(self) -> None:
        """Remove containers and networks of harness processes of this host that live no more."""
        with speaking("removing what an earlier run left"):
            for container in self.docker.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True):
                if _is_dead(container.labels.get(OWNER, "")):
                    with suppress(errors.NotFound):
                        container.remove(force=True, v=True)
            for network in self.docker.networks.list(filters={"label": OWNER}):
                if _is_dead((network.attrs.get("Labels") or {}).get(OWNER, "")):
                    with suppress(errors.NotFound, errors.APIError):  # somebody else may be removing it, or be attached to it
                        network.remove()

    def start_ryuk(self) -> str:
        """Let Ryuk watch this process if it can run here. Returns who removes things after a crash, for the run's facts."""
        if testcontainers_config.ryuk_disabled:
            return "the next start (Ryuk is disabled)"
        try:
            Reaper.get_instance()
        except (errors.DockerException, requests.RequestException, OSError, TimeoutError, RuntimeError) as error:
            with suppress(errors.DockerException):
                Reaper.delete_instance()
            testcontainers_config.ryuk_disabled = True  # or every container would try again
            return f"the next start (Ryuk cannot run: {explanation(error)})"
        return "Ryuk"


def owner() -> str:
    """This process, so that another one can tell whether it still lives."""
    return _owner(psutil.Process(os.getpid()))


def runs_here(container_id: str, pid: int) -> bool:
    """Whether a container's process id means something on this machine: not so with a remote daemon, or with one in a virtual machine."""
    try:
        return pid > 0 and container_id in Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8")
    except OSError:
        return False


def no_daemon(error: Exception) -> TargetError:
    """The error for a daemon that does not answer."""
    denied = "permission denied" in str(error).lower()
    return TargetError(
        "the Docker daemon refuses this user" if denied else f"no Docker daemon answers: {_first_line(error)}",
        where=get_docker_host() or DEFAULT_HOST,
        todo="Join the group `docker`, or run as root."
        if denied
        else "Start it, or set DOCKER_HOST to one that runs; without Docker, use the embedded target.",
    )


@contextmanager
def speaking(doing: str) -> Iterator[None]:
    """Turn what the daemon refuses into a TargetError."""
    try:
        yield
    except (requests.ConnectionError, requests.Timeout) as error:
        raise no_daemon(error) from error
    except errors.DockerException as error:
        if mentions_full_disk(str(error)):
            raise DiskFull("the Docker daemon's data folder") from error
        raise TargetError(
            f"{doing} failed: {explanation(error)}", where="the Docker daemon", todo="Its own log says more; `docker info` shows its state."
        ) from error


def explanation(error: Exception) -> str:
    """What the daemon said, without the client's decoration."""
    return str(getattr(error, "explanation", None) or _first_line(error))


def _knock(host: str) -> None:
    """Whether anybody listens on a unix socket. The client would tell too, at greater length, and leave a socket open."""
    scheme, _, path = host.partition("://")
    if scheme != "unix":
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(KNOCK_S)
        connection.connect(path)


def _first_line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:300]


def _owner(process: psutil.Process) -> str:
    return f"{socket.gethostname()}:{process.pid}:{process.create_time():.2f}"


def _is_dead(label: str) -> bool:
    """Only a process of this host can be known to be dead."""
    host, _, rest = label.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(rest))
        return _owner(process) != label or process.status() == psutil.STATUS_ZOMBIE
    return True
