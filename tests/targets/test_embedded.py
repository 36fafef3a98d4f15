"""An embedded target starts everything, can be disturbed and repaired, and cleans up whatever happens."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import asyncpg
import psutil
import pytest

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget, ServerDied, TargetError
from ainp_harness.targets.broker import ready_status
from tests.targets.conftest import STANDIN, eventually, lives


def environment_of(target: EmbeddedTarget) -> dict[str, str]:
    with urllib.request.urlopen(f"{target.base_url}/environment", timeout=5) as answer:
        return json.load(answer)


def readiness(target: EmbeddedTarget) -> int | None:
    return ready_status(int(target.base_url.rpartition(":")[2]), deadline_s=5)


def options(**settings: str) -> EmbeddedOptions:
    return EmbeddedOptions(broker_command=STANDIN, settings=settings)


def test_it_says_where_everything_is_and_what_it_lets_see(embedded: EmbeddedTarget) -> None:
    assert readiness(embedded) == 200
    assert {Need.CONTROL, Need.LOGS, Need.RESOURCES, Need.DATABASE, Need.STREAM, Need.ORIGIN, Need.DIDWEB_HOST} == embedded.reach
    assert [role for role, _ in embedded.processes()] == ["broker", "postgres", "redis", "nats"]
    assert all(lives(pid) for _, pid in embedded.processes())
    assert embedded.base_urls == (embedded.base_url,)


async def test_its_database_can_be_looked_into(embedded: EmbeddedTarget) -> None:
    connection = await asyncpg.connect(embedded.database_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'") == 1
    await connection.close()


def test_the_broker_gets_its_settings_by_environment(embedded: EmbeddedTarget) -> None:
    environment = environment_of(embedded)

    assert environment["DATABASE_URL"] == embedded.database_url
    assert environment["REDIS_URL"] == embedded.redis_url
    assert environment["NATS_URL"] == embedded.stream_url
    assert environment["CORS_ORIGINS"] == embedded.cors_origin == "https://console.example"
    assert environment["EXTRA"] == "given"
    assert f"http://{environment['HOST']}:{environment['PORT']}" == embedded.base_url


def test_the_users_own_settings_do_not_leak_in(embedded: EmbeddedTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://the-users-own")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")

    embedded.control.restart("broker")

    environment = environment_of(embedded)
    assert environment["DATABASE_URL"] == embedded.database_url
    assert "OPENAI_API_KEY" not in environment


def test_facts_are_plain_json_and_count_the_starts(embedded: EmbeddedTarget) -> None:
    before = embedded.facts()

    embedded.control.restart("broker", kill=True)

    facts = json.loads(json.dumps(embedded.facts()))
    assert facts["start_count"] == before["start_count"] + 1
    assert facts["ready_s"] == before["ready_s"] > 0
    assert {start["port"] for start in facts["starts"]} == {int(embedded.base_url.rpartition(":")[2])}
    assert set(facts["servers"]) == {"postgres", "pgvector", "redis", "nats"}
    assert all(facts["servers"].values())


@pytest.mark.parametrize("kill", [False, True])
@pytest.mark.parametrize("role", ["postgres", "redis", "nats"])
def test_a_service_can_be_taken_away_and_given_back(embedded: EmbeddedTarget, role: str, kill: bool) -> None:
    embedded.control.stop(role, kill=kill)
    assert readiness(embedded) == 503
    assert role not in dict(embedded.processes())

    embedded.control.start(role)
    assert readiness(embedded) == 200


@pytest.mark.parametrize("role", ["postgres", "redis", "nats", "broker"])
def test_a_part_can_be_frozen_and_thawed(embedded: EmbeddedTarget, role: str) -> None:
    pid = dict(embedded.processes())[role]
    tree = [psutil.Process(pid), *psutil.Process(pid).children()]

    embedded.control.pause(role)
    assert eventually(lambda: {member.status() for member in tree} == {psutil.STATUS_STOPPED})

    embedded.control.resume(role)
    assert eventually(lambda: readiness(embedded) == 200)


def test_a_broker_can_be_started_while_a_service_is_away(embedded: EmbeddedTarget) -> None:
    embedded.control.stop("redis")
    assert embedded.control.restart("broker", wait=False) is None
    assert eventually(lambda: readiness(embedded) == 503)

    embedded.control.start("redis")
    assert eventually(lambda: readiness(embedded) == 200)


def test_control_says_what_makes_no_sense(embedded: EmbeddedTarget) -> None:
    with pytest.raises(TargetError, match="Its parts are broker, postgres, redis, nats"):
        embedded.control.stop("mongodb")
    with pytest.raises(TargetError, match="runs already"):
        embedded.control.start("redis")
    with pytest.raises(TargetError, match="runs already"):
        embedded.control.start("broker")


def test_two_targets_do_not_meet(embedded: EmbeddedTarget, tmp_path: Path) -> None:
    with EmbeddedTarget(tmp_path, EmbeddedOptions(broker_command=STANDIN, instances=2)) as other:
        assert Need.REPLICAS in other.reach
        assert len({*other.base_urls, embedded.base_url}) == 3
        assert other.database_url != embedded.database_url
        assert [role for role, _ in other.processes()] == ["broker", "broker-2", "postgres", "redis", "nats"]
        pids = [pid for _, pid in other.processes()]

    assert not any(lives(pid) for pid in pids)
    assert readiness(embedded) == 200


def test_no_instance_at_all_is_said() -> None:
    with pytest.raises(TargetError, match="Ask for 1 or more"):
        EmbeddedOptions(instances=0)


def test_leaving_removes_everything_but_the_logs(tmp_path: Path, temporary: Path) -> None:
    target = EmbeddedTarget(tmp_path / "logs", options(STANDIN_WORKER="1"))
    with target:
        (worker,) = psutil.Process(dict(target.processes())["broker"]).children()
        assert len(list(temporary.iterdir())) == 1

    assert not list(temporary.iterdir())
    assert eventually(lambda: not lives(worker.pid))
    assert sorted(log.name for log in (tmp_path / "logs").iterdir()) == ["broker.log", "nats.log", "postgres.log", "redis.log"]
    assert json.loads((tmp_path / "logs" / "broker.log").read_text().splitlines()[0])["event"] == "request"
    target.stop()  # a second time does no harm


def test_a_broker_that_dies_is_an_error_with_its_last_words_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(ServerDied, match="the stand-in was told to die"), EmbeddedTarget(tmp_path, options(STANDIN_DIE="1")):
        pytest.fail("it must not start")

    assert not list(temporary.iterdir())


def test_logs_that_cannot_be_written_are_an_error_that_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TargetError, match=r"starting the embedded broker failed.*file"), EmbeddedTarget(tmp_path / "file", options()):
        pytest.fail("it must not start")


RUN = """
    import signal, sys
    from pathlib import Path
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts with `&`
    from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget
    with EmbeddedTarget(Path(sys.argv[1]), EmbeddedOptions(broker_command=sys.argv[2:])) as target:
        print(*(pid for _, pid in target.processes()), flush=True)
        target.control.pause("postgres")
        sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_or_interrupted_harness_leaves_no_process(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-c", textwrap.dedent(RUN), str(tmp_path), *STANDIN]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, cwd=Path(__file__).parents[2], **pipes) as harness:
        pids = [int(pid) for pid in harness.stdout.readline().split()]
        family = [*pids, *(child.pid for pid in pids for child in psutil.Process(pid).children())]
        assert len(family) >= 4 + 5
        os.kill(harness.pid, how)
        harness.wait(15)

    assert eventually(lambda: not any(lives(pid) for pid in family))
