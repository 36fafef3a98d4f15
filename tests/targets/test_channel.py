"""The control channel: what it answers, that every fault is written down, and that whatever was disturbed runs again."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets import TargetError, UrlTarget
from ainp_harness.targets.channel import VARIABLE, Channel, serve_control
from ainp_harness.targets.commands import CommandRun, database_beside
from ainp_harness.targets.steering import Steering, secrets_of
from ainp_harness.targets.target import Role, Target
from tests.targets.conftest import eventually


class Parts:
    """A control that only remembers; `refuses` cannot be started."""

    roles = ("broker", "postgres", "redis", "nats")

    def __init__(self) -> None:
        self.done: list[tuple[str, Role]] = []
        self.refuses = ""

    def stop(self, role: Role, *, kill: bool = False, deadline_s: float | None = None) -> None:
        self.done.append(("kill" if kill else "stop", role))

    def start(self, role: Role, *, wait: bool = True) -> float | None:
        if role == self.refuses:
            raise TargetError(f"{role} does not start, nats://sesame@x", where="here", todo="Wait.")
        self.done.append(("start", role))
        return 0.0

    def restart(self, role: Role, *, kill: bool = False, wait: bool = True) -> float | None:
        return self.start(role)

    def pause(self, role: Role) -> None:
        self.done.append(("pause", role))

    def resume(self, role: Role) -> None:
        self.done.append(("resume", role))


class Held(UrlTarget):
    """A target with such a control."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", also_reaches=frozenset({Need.CONTROL}))
        self.control = Parts()
        self.database_url = "postgresql://ainp:opensesame@h/ainp"
        self.stream_url = "nats://sesame@x:4222"
        self.redis_url = "unix:///r.sock"
        self.settings = {"SIGNING_KEY": "c2VlZA==", "LOG_LEVEL": "info"}
        self.commands = {"migrate": ("m",)}

    def run(self, command: str, *, label: str = "", database: str | None = None, deadline_s: float) -> CommandRun:
        return CommandRun(0, f"{command} {label} {database} with opensesame", 0.1)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def channel(held: Held, tmp_path: Path) -> Iterator[Channel]:
    made = Channel(held, tmp_path)
    yield made
    made.close(repair=False, within_s=5)


class Asking:
    """A connection to a channel."""

    def __init__(self, channel: Channel) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(str(channel.path))
        self.lines = self.socket.makefile("rb")

    def ask(self, do: str, **asked: Any) -> dict[str, Any]:
        return self.say(json.dumps({"do": do, **asked}).encode())

    def say(self, line: bytes) -> dict[str, Any]:
        self.socket.sendall(line + b"\n")
        return dict(json.loads(self.lines.readline()))

    def leave(self) -> None:
        self.lines.close()
        self.socket.close()


def test_only_its_user_can_reach_it(channel: Channel) -> None:
    assert stat.S_IMODE(channel.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(channel.path.parent.stat().st_mode) == 0o700
    assert channel.environment == {VARIABLE: str(channel.path)}


def test_it_tells_where_everything_is(channel: Channel) -> None:
    asking = Asking(channel)
    answer = asking.ask("describe")["answer"]
    asking.leave()
    assert answer["roles"] == list(Parts.roles)
    assert answer["database_url"] == "postgresql://ainp:opensesame@h/ainp"
    assert answer["commands"] == ["migrate"]


def test_a_fault_is_done_and_written_down(channel: Channel, held: Held, tmp_path: Path) -> None:
    asking = Asking(channel)
    told = asking.ask("act", action="stop", role="redis", probe="p", attempt=2)["answer"]
    asking.ask("act", action="start", role="redis", probe="p", attempt=2)
    asking.leave()
    first, second = Bundle(tmp_path).faults
    assert held.control.done == [("stop", "redis"), ("start", "redis")]
    assert (first.id, first.probe, first.attempt, first.role, first.action, first.ok) == ("f1", "p", 2, "redis", "stop", True)
    assert told == first.to_data()
    assert first.ended_ms <= second.began_ms


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"do": "dance"}', b'{"do": "act", "action": "burn", "role": "redis"}', b'{"do": "act", "role": "redis"}',
             b'{"do": "act", "action": "stop", "role": "nobody"}', b'{"do": "run", "command": "migrate", "label": "../x"}']
)  # fmt: skip
def test_what_it_does_not_understand_is_said_and_does_no_harm(channel: Channel, held: Held, line: bytes) -> None:
    asking = Asking(channel)
    assert asking.say(line)["ok"] is False
    assert asking.ask("describe")["ok"] is True
    asking.leave()
    assert held.control.done == []


def test_when_the_asking_end_dies_everything_runs_again(channel: Channel, held: Held) -> None:
    asking, bystander = Asking(channel), Asking(channel)
    for action, role in (("kill", "broker"), ("pause", "nats"), ("stop", "redis")):
        asking.ask("act", action=action, role=role, probe="p")
    bystander.leave()
    asking.leave()
    assert eventually(lambda: len(held.control.done) == 6)
    assert held.control.done[3:] == [("resume", "nats"), ("start", "redis"), ("start", "broker")]


def test_closing_repairs_what_is_left_and_says_what_cannot_be(held: Held, tmp_path: Path) -> None:
    held.control.refuses = "redis"
    with serve_control(held, tmp_path) as channel:
        assert channel is not None
        asking = Asking(channel)
        asking.ask("act", action="stop", role="redis", probe="p")
        asking.ask("act", action="pause", role="nats", probe="p")
    asking.leave()
    assert ("resume", "nats") in held.control.done
    assert "redis" in channel.broken
    assert not channel.path.parent.exists()
    assert [fault.ok for fault in Bundle(tmp_path).faults if fault.probe is None] == [True, False]
    assert "sesame" not in (tmp_path / "faults" / "control.jsonl").read_text()


def test_an_interrupted_run_is_left_at_once(held: Held, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), serve_control(held, tmp_path) as channel:
        assert channel is not None
        asking = Asking(channel)
        asking.ask("act", action="stop", role="redis", probe="p")
        raise KeyboardInterrupt
    asking.leave()
    assert held.control.done == [("stop", "redis")]  # whoever holds the target stops it now


def test_without_control_there_is_no_channel(tmp_path: Path) -> None:
    with serve_control(UrlTarget("http://127.0.0.1:9"), tmp_path) as channel:
        assert channel is None
    assert not (tmp_path / "faults").exists()


def test_a_commands_output_has_no_secrets(held: Held, tmp_path: Path) -> None:
    steering = Steering(held, tmp_path)
    answer = steering.answer({"do": "run", "command": "migrate", "label": "a1", "database": "beside"})
    steering.close()
    assert answer["code"] == 0
    assert answer["output"] == "migrate a1 beside with [redacted]"


def test_what_is_secret_about_a_target() -> None:
    assert secrets_of(Held()) == {"DATABASE_URL": "opensesame", "NATS_URL": "sesame", "SIGNING_KEY": "c2VlZA=="}
    assert secrets_of(UrlTarget("http://127.0.0.1:9")) == {}


def test_a_database_beside_is_of_the_same_server() -> None:
    assert database_beside("postgresql://a@/postgres?host=/s", "b") == "postgresql://a@/b?host=/s"
    assert database_beside("postgresql://a:p@h:1/x", None) == "postgresql://a:p@h:1/x"


def test_a_target_that_names_no_commands_says_so() -> None:
    target: Target = UrlTarget("http://127.0.0.1:9")
    with pytest.raises(TargetError, match="names no command 'backup'"):
        target.run("backup", deadline_s=1)
    with pytest.raises(TargetError, match="runs in no container"):
        target.container_facts("broker")
