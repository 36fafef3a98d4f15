"""A broker process: ready means ready, early ends are explained, and ports are chosen with care."""

import os
import signal
import socket
from pathlib import Path

import pytest

from ainp_harness.targets import NoFreePort, ServerDied, StartTimeout, TargetError, broker
from ainp_harness.targets.broker import Broker, Command, migrate
from ainp_harness.targets.ports import HOST
from tests.targets.conftest import STANDIN


def made(tmp_path: Path, *, port: int | None = None, **settings: str) -> Broker:
    return Broker("broker", Command(STANDIN, {"STANDIN_ALONE": "1", **settings}), tmp_path / "broker.log", port)


def test_it_keeps_its_port_and_its_starts_over_restarts(tmp_path: Path) -> None:
    one = made(tmp_path)

    first = one.start()
    url = one.url
    one.kill()
    second = one.start()
    one.stop()

    assert one.url == url
    assert [start.ready_s for start in one.starts] == [first, second]


def test_one_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    one = made(tmp_path, STANDIN_STUBBORN="1")
    one.start()

    assert one.running().stop(deadline_s=0.1) == -signal.SIGKILL
    with pytest.raises(TargetError, match="does not run"):
        one.running()


def test_one_that_is_never_ready_is_a_timeout(tmp_path: Path) -> None:
    one = made(tmp_path, STANDIN_HANG="1")

    with pytest.raises(StartTimeout, match=r"broker was not ready within 0\.3 s .*said none"):
        one.start(deadline_s=0.3)

    one.stop()


def test_one_that_dies_later_is_started_anew(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.start()
    child = one.running()
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(10) == -signal.SIGKILL

    assert one.start() is not None
    one.stop()


def test_failing_migrations_are_an_error_with_their_last_words(tmp_path: Path) -> None:
    command = Command(["sh", "-c", "echo no table in $DATABASE_URL; exit 1"], {"DATABASE_URL": "postgresql://here"})

    with pytest.raises(ServerDied, match="no table in postgresql://here"):
        migrate(command, log=tmp_path / "log")


def test_migrations_that_hang_are_a_timeout(tmp_path: Path) -> None:
    with pytest.raises(StartTimeout, match="migrate"):
        migrate(Command(["sleep", "600"], {}), log=tmp_path / "log", deadline_s=0.1)


def test_a_given_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as squatter:
        port = squatter.getsockname()[1]

        with pytest.raises(NoFreePort, match=f"port {port} is taken"):
            made(tmp_path, port=port).start()


def test_a_port_lost_in_a_race_is_chosen_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "LOOK_S", 0.2)  # the squatter never answers
    with socket.create_server((HOST, 0)) as squatter:
        free = broker.free_port()
        offered = iter([squatter.getsockname()[1], free])
        monkeypatch.setattr(broker, "free_port", lambda: next(offered))
        one = made(tmp_path)

        one.start()

        assert [start.port for start in one.starts] == [free]
        one.stop()


def test_ports_lost_again_and_again_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "LOOK_S", 0.1)
    with socket.create_server((HOST, 0)) as squatter:
        taken = squatter.getsockname()[1]
        monkeypatch.setattr(broker, "free_port", lambda: taken)

        with pytest.raises(NoFreePort, match="no free port was found"):
            made(tmp_path).start()
