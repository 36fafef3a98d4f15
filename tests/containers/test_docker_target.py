"""The Docker target for real: four containers that work together, can be disturbed and repaired, and are gone afterwards."""

import dataclasses
import http.server
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import nats
import psutil
import pytest
import redis

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets import NoFreePort, ServerDied, TargetError
from ainp_harness.targets.docker import DockerOptions, DockerTarget
from ainp_harness.targets.docker_daemon import OWNER, Daemon
from ainp_harness.targets.docker_images import Build
from ainp_harness.targets.docker_looks import broker_status
from ainp_harness.targets.resources import sample
from ainp_harness.wire.identity import Identity
from tests.containers.conftest import ROOT
from tests.targets.conftest import eventually

ROLES = ["broker", "postgres", "redis", "nats"]
WITHOUT_DAEMON = {Need.CONTROL, Need.LOGS, Need.DATABASE, Need.STREAM, Need.ORIGIN, Need.CONTAINER}


def readiness(target: DockerTarget) -> int | None:
    host, _, port = target.base_url.removeprefix("http://").rpartition(":")
    return broker_status(host, int(port))


def ours(daemon: Daemon) -> list[Any]:
    """Containers and networks of any harness."""
    return [*daemon.docker.containers.list(all=True, filters={"label": OWNER}), *daemon.docker.networks.list(filters={"label": OWNER})]


def test_it_says_where_everything_is_and_what_it_lets_see(target: DockerTarget) -> None:
    assert readiness(target) == 200
    assert target.reach >= WITHOUT_DAEMON
    assert target.base_urls == (target.base_url,)
    assert list(target.container_ids) == ROLES


def test_an_agent_registers_and_is_found(target: DockerTarget) -> None:
    agent = Identity.derived("docker", "agent")
    offer = {"description": "books flights and hotels", "tags": ["travel"], "version": "1.0.0"}

    with httpx.Client(base_url=target.base_url, timeout=10) as client:
        entered = client.post("/api/v1/agents", json={"did": agent.did, "publicKey": agent.public_key_base64, "capabilities": [offer]})
        found = client.get("/api/v1/discovery", params={"query": "travel reservation"})

    assert entered.status_code in {200, 201}
    assert found.status_code == 200
    assert agent.did in found.text


async def test_database_stream_and_cache_can_be_looked_into(target: DockerTarget) -> None:
    connection = await asyncpg.connect(target.database_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'vector'") == 1
    await connection.close()

    client = await nats.connect(target.stream_url)
    assert (await client.jetstream().account_info()).streams >= 1
    await client.close()

    with redis.Redis.from_url(target.redis_url or "") as cache:
        assert cache.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}


def test_the_services_want_a_password(target: DockerTarget) -> None:
    url = (target.redis_url or "").rpartition("@")[2]
    with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(f"redis://{url}") as cache:
        cache.ping()


def test_every_port_is_published_on_loopback_alone(target: DockerTarget) -> None:
    published = [binding for role in ROLES for bindings in _ports(target, role) for binding in bindings]
    assert len(published) == 4
    assert {binding["HostIp"] for binding in published} == {"127.0.0.1"}


def test_the_broker_runs_without_root(target: DockerTarget) -> None:
    assert target.facts()["broker_user"] == "1001:1001"
    if Need.RESOURCES in target.reach:
        assert psutil.Process(dict(target.processes())["broker"]).uids().real == 1001


def test_processes_can_be_sampled_when_the_daemon_is_of_this_machine(target: DockerTarget) -> None:
    if Need.RESOURCES not in target.reach:
        pytest.skip("the daemon is not of this machine")
    samples = sample(target.processes())

    assert [look.role for look in samples] == ROLES
    assert all(not look.gone and look.rss and look.cpu_s is not None for look in samples)


def test_facts_are_plain_json_without_passwords(target: DockerTarget) -> None:
    text = json.dumps(target.facts())
    facts = json.loads(text)

    assert facts["servers"].keys() == {"postgres", "redis", "nats", "pgvector"}
    assert all(facts["servers"].values())
    assert all(image["id"].startswith("sha256:") for image in facts["images"].values())
    assert facts["ready_s"] > 0
    assert not any((url or "").rpartition("@")[0].rpartition(":")[2] in text for url in (target.database_url, target.redis_url))


@pytest.mark.parametrize("role", ROLES)
def test_a_service_comes_back_with_its_address_after_sigkill(target: DockerTarget, role: str) -> None:
    assert target.control is not None
    before = (target.base_url, target.database_url, target.facts()["start_count"])

    assert (target.control.restart(role, kill=True) or 0) > 0

    assert (target.base_url, target.database_url) == before[:2]
    assert eventually(lambda: readiness(target) == 200, deadline_s=30)
    assert target.facts()["start_count"] == before[2] + (role == "broker")


async def test_data_outlives_a_restart(target: DockerTarget) -> None:
    assert target.control is not None
    connection = await asyncpg.connect(target.database_url)
    await connection.execute("CREATE TABLE kept_by_test AS SELECT 7 AS value")
    await connection.close()

    target.control.restart("postgres")

    connection = await asyncpg.connect(target.database_url)
    assert await connection.fetchval("SELECT value FROM kept_by_test") == 7
    await connection.execute("DROP TABLE kept_by_test")
    await connection.close()
    assert eventually(lambda: readiness(target) == 200, deadline_s=30)


def test_a_paused_service_makes_the_broker_unready_until_it_goes_on(target: DockerTarget) -> None:
    assert target.control is not None
    target.control.pause("redis")
    try:
        assert eventually(lambda: readiness(target) == 503)
    finally:
        target.control.resume("redis")
    assert eventually(lambda: readiness(target) == 200, deadline_s=30)


def test_sigterm_arrives_at_the_broker(target: DockerTarget) -> None:
    """It ends by itself with 0; a shell in between would have it killed after ten seconds."""
    assert target.control is not None
    target.control.stop("broker")
    assert target.inspect("broker")["State"]["ExitCode"] == 0
    assert "broker" not in dict(target.processes())
    target.control.start("broker")


def test_logs_are_followed_through_restarts_without_repetition(target: DockerTarget) -> None:
    assert target.control is not None
    assert target.logs_dir is not None
    log = target.logs_dir / "broker.log"
    before = log.read_text(encoding="utf-8").count('"event": "starting"')

    target.control.restart("broker")

    assert eventually(lambda: log.read_text(encoding="utf-8").count('"event": "starting"') == before + 1)


def test_what_is_not_there_or_runs_already_is_said(target: DockerTarget) -> None:
    assert target.control is not None
    with pytest.raises(TargetError, match="no 'kafka' here"):
        target.control.stop("kafka")
    with pytest.raises(TargetError, match="redis runs already"):
        target.control.start("redis")
    with pytest.raises(TargetError, match="started already"):
        target.start()
    assert readiness(target) == 200


def test_the_broker_reaches_what_the_harness_serves(target: DockerTarget) -> None:
    if Need.DIDWEB_HOST not in target.reach or target.did_web_address is None:
        pytest.skip("the daemon is not of this machine")
    place = (target.did_web_address, int(target.did_web_host.rpartition(":")[2]))
    with http.server.HTTPServer(place, http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        question = f"import urllib.request; urllib.request.urlopen('http://{target.did_web_host}/', timeout=5)"
        said = program_in_broker(target, question)
    assert "501" in said  # it answered: that it cannot GET


def test_a_port_that_is_taken_is_said_and_nothing_stays(
    target: DockerTarget, options: DockerOptions, tmp_path: Path, daemon: Daemon
) -> None:
    before = len(ours(daemon))
    taken = int(target.base_url.rpartition(":")[2])

    with pytest.raises(NoFreePort):
        DockerTarget(tmp_path, dataclasses.replace(options, port=taken)).start()

    assert len(ours(daemon)) == before


def test_a_broker_that_dies_is_told_with_its_last_words(options: DockerOptions, tmp_path: Path, daemon: Daemon) -> None:
    before = len(ours(daemon))

    with pytest.raises(ServerDied) as caught:
        DockerTarget(tmp_path, dataclasses.replace(options, settings={"LIMIT_PER_DID": "none"})).start()

    assert "LIMIT_PER_DID" in caught.value.tail
    assert len(ours(daemon)) == before


def test_an_image_that_is_not_to_be_had_is_said(options: DockerOptions, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="ainp-ci/absent") as caught:
        DockerTarget(tmp_path, dataclasses.replace(options, redis_image="ainp-ci/absent:none")).start()
    assert "ci-images.sh" in caught.value.todo


def test_a_build_that_fails_shows_its_last_lines(options: DockerOptions, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.railway").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo the reason >&2; exit 3\n")
    build = Build(folder=tmp_path, base=options.build.base)

    with pytest.raises(TargetError, match="cannot be built") as caught:
        DockerTarget(tmp_path / "logs", dataclasses.replace(options, build=build)).start()

    assert "the reason" in caught.value.what


def test_a_killed_run_leaves_nothing_after_the_next_start(options: DockerOptions, tmp_path: Path, daemon: Daemon) -> None:
    """kill -9 while it runs; the next target of this host removes what is left (unless Ryuk was quicker)."""
    program = f"""
        import time
        from pathlib import Path
        from ainp_harness.targets.docker import DockerOptions, DockerTarget
        from ainp_harness.targets.docker_images import Build
        target = DockerTarget(Path({str(tmp_path)!r}), {options!r})
        target.start()
        print(*target.container_ids.values(), flush=True)
        time.sleep(600)
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TESTCONTAINERS_RYUK_DISABLED": "true"}
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout is not None
    with child.stdout:
        ids = child.stdout.readline().split()
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert len(ids) == 4
    assert {container.id for container in ours(daemon)} >= set(ids)

    daemon.remove_leftovers()

    left = {thing.id for thing in ours(daemon)}
    assert not left & set(ids)
    assert len([thing for thing in ours(daemon) if thing.attrs.get("Driver") == "bridge"]) <= 1  # of the shared target


def test_stop_removes_containers_volumes_and_network(options: DockerOptions, tmp_path: Path, daemon: Daemon) -> None:
    before = (len(ours(daemon)), len(daemon.docker.volumes.list()))
    target = DockerTarget(tmp_path, options)
    with target:
        assert len(ours(daemon)) == before[0] + 5
        assert target.control is not None
        target.control.pause("nats")  # left as it is

    assert (len(ours(daemon)), len(daemon.docker.volumes.list())) == before
    target.stop()


def _ports(target: DockerTarget, role: str) -> list[list[dict[str, str]]]:
    return list(target.inspect(role)["HostConfig"]["PortBindings"].values())


def program_in_broker(target: DockerTarget, program: str) -> str:
    return target._parts["broker"].execute(["python", "-c", program])
