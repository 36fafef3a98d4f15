"""Options, fixtures and the run's frame: `pytest conformance --broker-url URL`, or a child of `ainp-harness certify` with a sealed plan.

Alone it looks, seals a plan of its own, records, and tells the judge's verdict at the end; as a child (--run-dir) it only records.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.evidence.files import EvidenceError
from ainp_harness.evidence.plan import TargetInfo, read_plan
from ainp_harness.judging.verdict import RunVerdict, Verdict
from ainp_harness.promises.shipped import united
from ainp_harness.promises.toml_files import PromiseError
from ainp_harness.promises.vocabulary import Depth
from ainp_harness.targets import TargetError, UrlTarget
from ainp_harness.targets.target import did_web_facts
from ainp_harness.wire.binding_data import parse_binding
from conformance.kit.coverage import read_probes
from conformance.kit.driver import Shared
from conformance.kit.frame import Frame
from conformance.kit.looking import CannotJudge
from conformance.kit.planning import BadWish, Wishes, end_run, new_run_id, parse_headers, seal_run
from conformance.kit.probe import Probe
from conformance.kit.selection import belongs
from conformance.kit.workers import INPUT, Controller, Share, assigned, exclusive, ordered, wait_for_others

HEADERS_VARIABLE = "AINP_HEADERS"
"""Headers for every request, as JSON: by environment, as a command line is readable by everybody on the machine."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ainp", "AINP broker under test")
    group.addoption("--broker-url", metavar="URL", help="the broker's base URL, for instance http://127.0.0.1:8080")
    group.addoption("--profile", default="phase-0.3", help="the promises to judge against (default: %(default)s)")
    group.addoption("--depth", default="quick", choices=[str(depth) for depth in Depth], help="how long to look (default: %(default)s)")
    group.addoption("--binding", default="auto", help="a shipped binding, the path of a .toml file, or auto (default: %(default)s)")
    group.addoption("--areas", default="", metavar="A,B", help="only these areas, for instance signature,replay")
    group.addoption("--header", action="append", default=[], metavar="'NAME: VALUE'", help="sent with every request, redacted in evidence")
    group.addoption("--ca-file", type=Path, metavar="PEM", help="certificates to trust for https")
    group.addoption("--cors-origin", metavar="ORIGIN", help="an origin that the broker allows, for the CORS probes")
    group.addoption("--didweb-host", metavar="HOST:PORT", help="of this machine, that the broker may ask for did:web documents")
    group.addoption("--waivers", type=Path, metavar="TOML", help="accepted failures")
    group.addoption("--seed", help="for identities, ids and texts; random unless given")
    group.addoption("--max-requests", type=int, metavar="N", help="send at most this many requests")
    group.addoption(
        "--safe", action="store_true", help="leave out what could disturb a broker in production: oversize, floods, slow senders"
    )
    group.addoption("--shuffle", metavar="SEED", help="run the probes in another order, the same for the same seed")
    group.addoption("--run-dir", type=Path, metavar="DIR", help="where the run bundle is, or goes (default: runs/TIME-conformance)")
    group.addoption("--progress-fd", type=int, metavar="FD", help="write progress there, a JSON object a line")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.help or config.option.version or config.option.collectonly:
        return
    try:
        frame = _frame(config)
    except (PromiseError, BadWish, EvidenceError, TargetError) as error:
        raise pytest.UsageError(str(error)) from error
    except CannotJudge as error:
        pytest.exit(f"INVALID: {error}", returncode=3)
    config.stash[FRAME] = frame
    if getattr(config.option, "numprocesses", None):
        config.option.maxworkerrestart = "0"  # a worker that died has left evidence behind that another would write again
        config.pluginmanager.register(Controller(frame.folder), "ainp-controller")
    descriptor = None if hasattr(config, "workerinput") else config.option.progress_fd
    config.pluginmanager.register(Progress(descriptor), "ainp-progress")


def _frame(config: pytest.Config) -> Frame:
    told = getattr(config, "workerinput", None)
    run_dir: Path | None = Path(told[INPUT]["run_dir"]) if told else config.option.run_dir
    if run_dir is not None and (run_dir / "run.json").exists():
        return Frame(run_dir, read_plan(run_dir), _headers(config), config.option.ca_file, alone=False, share=Share.of(config))
    return _frame_alone(config)


FRAME = pytest.StashKey[Frame]()


def _headers(config: pytest.Config) -> dict[str, str]:
    try:
        headers = dict(json.loads(os.environ.get(HEADERS_VARIABLE, "{}")))
    except ValueError as error:
        raise pytest.UsageError(f"{HEADERS_VARIABLE} is no JSON object: {error}") from error
    return {**headers, **parse_headers(config.option.header)}


def _frame_alone(config: pytest.Config) -> Frame:
    option = config.option
    if not option.broker_url:
        raise pytest.UsageError(
            "say which broker: pytest conformance --broker-url http://127.0.0.1:8080  (ainp-harness broker up starts one)"
        )
    headers = _headers(config)
    wishes = Wishes(
        url=option.broker_url, profile=option.profile, depth=Depth(option.depth), binding=option.binding,
        areas=tuple(area for area in option.areas.split(",") if area), headers=headers, ca_file=option.ca_file,
        cors_origin=option.cors_origin, waivers=option.waivers, seed=option.seed, max_requests=option.max_requests, safe=option.safe,
    )  # fmt: skip
    target = UrlTarget(option.broker_url, headers=headers, cors_origin=option.cors_origin, did_web_host=option.didweb_host)
    facts = {**({"cors_origin": option.cors_origin} if option.cors_origin else {}), **did_web_facts(target)}
    info = TargetInfo(name=target.name, url=target.base_url, facts=facts)
    folder: Path = option.run_dir or Path("runs") / f"{new_run_id()}-conformance"
    plan = asyncio.run(seal_run(wishes, info, sorted(target.reach), folder))
    return Frame(folder, plan, headers, option.ca_file, alone=True)


# -- which probes run, and in which order


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if FRAME not in config.stash:
        return
    plan = config.stash[FRAME].plan
    requirements = united(plan.promises())
    binding = parse_binding(plan.binding)
    chosen: list[pytest.Item] = []
    left: list[pytest.Item] = []
    known = {probe.name: probe for probe in read_probes()}
    for item in items:
        own = known.get(probe_id(item.nodeid).partition("[")[0])
        (chosen if own is None or belongs(own, plan, requirements, binding) else left).append(item)
    mine = assigned(ordered(chosen, config.option.shuffle), config.stash[FRAME].share)
    items[:] = mine
    if left:
        config.hook.pytest_deselected(items=left)


# -- fixtures


@pytest.fixture(scope="session")
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    announce = request.config.pluginmanager.get_plugin("ainp-progress").say  # type: ignore[union-attr]
    async with request.config.stash[FRAME].shared(announce) as shared:
        waiting = [item for item in request.session.items if item.get_closest_marker("long_wait") is not None]
        shared.begun.update({probe_id(item.nodeid): asyncio.create_task(_begun(item, shared)) for item in waiting})
        yield shared
        for task in shared.begun.values():
            task.cancel()
        await asyncio.gather(*shared.begun.values(), return_exceptions=True)


async def _begun(item: pytest.Item, shared: Shared) -> None:
    """A probe with a long wait, run beside the others; its own item, at the end, waits for what comes of it."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    await item.obj(probe=Probe(shared, probe_id(item.nodeid)), **parameters)  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if exclusive(item) and FRAME in item.config.stash:
        wait_for_others(item.config.stash[FRAME].share)


def probe_id(nodeid: str) -> str:
    """A probe's name: its file without folders, its function, its parameters as they are."""
    path, bracket, parameters = nodeid.partition("[")
    return path.rpartition("/")[2] + bracket + parameters


@pytest.fixture
def probe(request: pytest.FixtureRequest, shared: Shared) -> Probe:
    """The probe of this test; `@requirement` makes an attempt of it."""
    return Probe(shared, probe_id(request.node.nodeid), repeats=_repeats(request.node, shared))


def _repeats(item: pytest.Item, shared: Shared) -> int:
    """Core probes are repeated as the plan says; long waits and faults are not."""
    marker = item.get_closest_marker("requirement")
    once = marker is None or any(item.get_closest_marker(name) is not None for name in ("long_wait", "fault"))
    core = {identifier for identifier, requirement in shared.promises.requirements.items() if requirement.core}
    return 1 if once or not core.intersection(marker.args) else shared.plan.repeats  # type: ignore[union-attr]


# -- telling how far it is, and how it ended


class Progress:
    """Tells the parent how far the suite is, a JSON object a line."""

    def __init__(self, descriptor: int | None) -> None:
        self._out = os.fdopen(descriptor, "w", buffering=1) if descriptor is not None else None
        self._total = self._done = self._failed = 0

    def say(self, message: str = "") -> None:
        if self._out is None:
            return
        line = {"phase": "suite", "done": self._done, "total": self._total, "failed": self._failed, "message": message, "at": time.time()}
        try:
            self._out.write(json.dumps(line) + "\n")
        except (BrokenPipeError, ValueError):
            self._out = None  # the parent went away: it stops us by itself

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items)
        self.say()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        self._total += len(ids)
        self.say()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self._done += 1
            self._failed += report.failed
            self.say(probe_id(report.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Alone: end the run and judge it. A run that does not pass is not green, whatever its tests say."""
    frame = session.config.stash.get(FRAME, None)
    if frame is None or not frame.alone:
        return
    end_run(frame.folder, "interrupted" if exitstatus == pytest.ExitCode.INTERRUPTED else "completed")
    frame.verdicts = _judged(frame)
    if not all(verdict.passed for verdict in frame.verdicts) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _judged(frame: Frame) -> tuple[RunVerdict, ...]:
    # Imported here: the statistics behind the judge take a second to load, and a child of the command line never judges.
    from ainp_harness.evidence.bundle import Bundle
    from ainp_harness.judging.judge import judge_all

    return judge_all(Bundle(frame.folder))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    frame = config.stash.get(FRAME, None)
    if frame is None or not frame.verdicts:
        return
    terminalreporter.section("AINP verdict")
    for verdict in frame.verdicts:
        _tell(verdict, terminalreporter)
    terminalreporter.line(f"evidence: {frame.folder}   (ainp-harness judge {frame.folder})")


def _tell(verdict: RunVerdict, terminalreporter: Any) -> None:
    for note in verdict.notes:
        terminalreporter.line(f"note: {note}")
    for requirement in verdict.requirements:
        if requirement.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.INVALID, Verdict.NOT_OBSERVED, Verdict.DISPUTED):
            terminalreporter.line(f"{requirement.verdict:12} {requirement.id}  {requirement.reason.splitlines()[0][:160]}")
    terminalreporter.line(verdict.headline)
