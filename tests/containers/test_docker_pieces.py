"""The pieces of the Docker target that need no daemon: what a look believes, whose leftovers are removed, what errors say."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets import TargetError
from ainp_harness.targets.docker import DockerOptions, DockerTarget
from ainp_harness.targets.docker_daemon import Daemon, _is_dead, no_daemon, owner, runs_here
from ainp_harness.targets.docker_images import Build, build_broker
from ainp_harness.targets.docker_logs import _unix
from ainp_harness.targets.docker_looks import Look, broker_look, nats_look, postgres_look, redis_look
from ainp_harness.targets.docker_services import Passwords

HOST = "127.0.0.1"


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server for one connection, which says this and ends."""
    with socket.create_server((HOST, 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # the look may have seen enough and be gone
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):  # or closing would reset what was said
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("look", "answer", "serves"),
    [
        (postgres_look("ainp"), b"R\0\0\0\x17", True),
        (postgres_look("ainp"), b"E\0\0\0\x50SFATAL\0C57P03\0", False),
        (redis_look("secret"), b"+OK\r\n+PONG\r\n", True),
        (redis_look("secret"), b"+OK\r\n-LOADING Redis is loading the dataset in memory\r\n", False),
        (nats_look, b'INFO {"server_id":"N"}\r\n', True),
        (broker_look, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (broker_look, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", False),
    ],
)
def test_a_look_asks_for_the_protocol(look: Look, answer: bytes, serves: bool) -> None:
    with answering(answer) as port:
        assert look(HOST, port) is serves


@pytest.mark.parametrize("look", [postgres_look("ainp"), redis_look("secret"), nats_look, broker_look])
def test_an_open_port_that_says_nothing_is_no_service(look: Look) -> None:
    with answering(b"") as port:
        assert not look(HOST, port)


@pytest.mark.parametrize("look", [postgres_look("ainp"), nats_look, broker_look])
def test_a_closed_port_is_no_service(look: Callable[[str, int], bool]) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    assert not look(HOST, port)


def test_only_processes_of_this_host_that_ended_are_dead() -> None:
    mine = owner()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()

    assert not _is_dead(mine)
    assert _is_dead(f"{host}:{ended.pid}:1.00")
    assert _is_dead(f"{host}:{os.getpid()}:1.00")  # the number was given to another process since
    assert not _is_dead(f"elsewhere:{ended.pid}:1.00")
    assert not _is_dead("not a label of ours")


def test_a_process_id_counts_only_where_it_is_the_containers() -> None:
    assert not runs_here("a-container", os.getpid())
    assert not runs_here("a-container", 0)


def test_dockers_times_keep_their_fractions() -> None:
    assert _unix("1970-01-01T00:00:01.123456789Z") == pytest.approx(1.123456, abs=1e-9)
    assert _unix("1970-01-01T00:00:01Z") == 1.0


def test_no_daemon_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")

    with pytest.raises(TargetError) as caught:
        DockerTarget(tmp_path / "logs").start()

    assert "no Docker daemon answers" in caught.value.what
    assert caught.value.where == f"unix://{tmp_path}/absent.sock"
    assert "embedded target" in caught.value.todo


def test_a_refused_user_is_told_about_the_group() -> None:
    assert "group `docker`" in no_daemon(PermissionError(13, "Permission denied")).todo


def test_a_target_that_never_started_says_so_and_can_be_stopped(tmp_path: Path) -> None:
    target = DockerTarget(tmp_path)

    target.stop()

    assert target.processes() == []
    assert target.facts()["start_count"] == 0
    assert Need.CONTAINER in target.reach
    assert Need.REPLICAS not in target.reach


def test_several_instances_are_replicas(tmp_path: Path) -> None:
    assert Need.REPLICAS in DockerTarget(tmp_path, DockerOptions(instances=2)).reach
    with pytest.raises(TargetError, match="0 instances"):
        DockerOptions(instances=0)


def test_a_broker_cannot_be_built_from_nothing(tmp_path: Path) -> None:
    daemon = Daemon.__new__(Daemon)  # never asked
    with pytest.raises(TargetError, match=r"no Dockerfile\.railway") as caught:
        build_broker(daemon, Build(folder=tmp_path), log=tmp_path / "build.log")
    assert "image" in caught.value.todo


def test_passwords_differ_and_stay_within_a_run() -> None:
    one, other = Passwords(), Passwords()

    assert len({one.postgres, one.redis, one.nats, other.postgres, other.redis, other.nats}) == 6
    assert one.urls_inside() == {
        "DATABASE_URL": f"postgresql://ainp:{one.postgres}@postgres:5432/ainp",
        "REDIS_URL": f"redis://:{one.redis}@redis:6379/0",
        "NATS_URL": f"nats://{one.nats}@nats:4222",
    }
