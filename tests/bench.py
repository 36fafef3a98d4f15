"""A bench for brokers: the services are started once, and one broker after another stands on them, each finding them as if they were new.

What a mutant is judged by is the same path as a certification's (plan, suite, judge), without its command line and its reports.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import nats
import redis

from ainp_harness.cli.children import Broker as HowToReach
from ainp_harness.cli.children import run_suite
from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.plan import TargetInfo
from ainp_harness.judging.judge import judge
from ainp_harness.judging.verdict import RunVerdict
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.vocabulary import Depth, Need
from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget, constant_settings
from ainp_harness.targets.channel import serve_control
from ainp_harness.targets.commands import REFERENCE, database_beside
from ainp_harness.targets.embedded import BASE_REACH
from ainp_harness.targets.target import did_web_facts
from conformance.kit.planning import Wishes, end_run, new_run_id, seal_run

REPOSITORY = Path(__file__).resolve().parents[1]
PROFILES = REPOSITORY / "tests" / "profiles"

MIGRATE = (sys.executable, "-P", "-m", "reference_broker", "migrate")

READY_S = 60.0
SUITE_S = 180.0
"""For the suite against one broker."""

TEMPLATE = "bench_template"


def serving(module: str) -> tuple[str, ...]:
    """The command of a broker of tests/mutants."""
    return (sys.executable, "-P", "-m", module, "serve")


class Bench(EmbeddedTarget):
    """An embedded target whose broker is changed while its services stay."""

    def __init__(self, logs_dir: Path) -> None:
        super().__init__(logs_dir, EmbeddedOptions(migrate_command=MIGRATE, module_path=(REPOSITORY,), ready_deadline_s=READY_S))

    def _start_brokers(self) -> None:
        """None yet: the database as it is after the migrations is kept as the template of all to come."""
        asyncio.run(self._keep_template())

    def put(self, module: str, profile: str, *, environment: Mapping[str, str] | None = None, instances: int = 1) -> None:
        """Stop the broker that is there, clear the services, and start this one, with the constants of the profile."""
        for broker in self._brokers.values():
            broker.stop()
        self._brokers.clear()
        asyncio.run(self._clear())
        found = Promises.shipped(profile).profile
        settings = {} if found.certifies else constant_settings(found.constants)
        settings = {**settings, **(environment or {})}
        self.options = replace(self.options, broker_command=serving(module), settings=settings, instances=instances)
        self.reach = BASE_REACH | ({Need.REPLICAS} if instances > 1 else frozenset())
        self.commands = {name: (*argv[:3], module, *argv[4:]) for name, argv in REFERENCE.items()}  # its own, as its deployment would have
        super()._start_brokers()

    def certify(self, folder: Path, *, profile: str, depth: Depth, areas: Sequence[str], binding: str = "auto") -> RunVerdict:
        """Judge the broker that is there.

        Raises:
            CannotJudge, ChildFailed: there is no verdict.
        """
        run = folder / new_run_id()
        (run / "logs").mkdir(parents=True)
        wishes = Wishes(url=self.base_url, profile=profile, depth=depth, areas=tuple(areas), binding=binding, cors_origin=self.cors_origin)
        facts = {
            **self.facts(),
            **did_web_facts(self),
            "cors_origin": self.cors_origin,
            "ready_s": [start.ready_s for start in self.starts],
        }
        info = TargetInfo(name=self.name, url=self.base_url, facts=facts)
        plan = asyncio.run(seal_run(wishes, info, sorted(self.reach), run))
        with serve_control(self, run) as channel:
            control = channel.environment if channel else None
            run_suite(run, HowToReach({}, None), lambda line: None, limit_s=SUITE_S, control=control)
        end_run(run, "completed")
        return judge(Bundle(run), plan.promises()[0])

    # -- what is left of the broker before

    async def _keep_template(self) -> None:
        async with _database(self.database_url, "template1") as connection:
            await connection.execute(f'CREATE DATABASE "{TEMPLATE}" TEMPLATE "{self._database_name}"')

    async def _clear(self) -> None:
        async with _database(self.database_url, "template1") as connection:
            await connection.execute(f'DROP DATABASE "{self._database_name}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{self._database_name}" TEMPLATE "{TEMPLATE}"')
        with redis.Redis.from_url(str(self.redis_url)) as cache:
            cache.flushall()
        stream = await nats.connect(str(self.stream_url))
        for info in await stream.jetstream().streams_info():
            await stream.jetstream().delete_stream(str(info.config.name))
        await stream.close()

    @property
    def _database_name(self) -> str:
        return str(self.database_url).partition("?")[0].rpartition("/")[2]


@asynccontextmanager
async def _database(url: str | None, name: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to another database of the same server."""
    connection = await asyncpg.connect(database_beside(str(url), name))
    try:
        yield connection
    finally:
        await connection.close()
