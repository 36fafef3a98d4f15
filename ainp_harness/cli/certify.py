"""One certification: a target, a sealed plan, the suite, the load, the judge, the reports. What was started is always stopped."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ainp_harness.cli.children import Broker, run_load, run_suite
from ainp_harness.cli.exits import ChildFailed, UsageError
from ainp_harness.cli.judging import judged, tell
from ainp_harness.cli.options import Options
from ainp_harness.cli.progress import RunProgress
from ainp_harness.cli.recording import ResourceRecorder
from ainp_harness.evidence.files import cannot_write
from ainp_harness.evidence.plan import Plan, TargetInfo
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.conflicts import opposed
from ainp_harness.promises.requirements import Requirement, load_requirements
from ainp_harness.promises.shipped import Promises, united
from ainp_harness.promises.vocabulary import Depth
from ainp_harness.promises.waivers import load_waivers
from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget, Target, TargetError, UrlTarget, constant_settings
from ainp_harness.targets.channel import serve_control
from ainp_harness.targets.quota import cpu_quota
from ainp_harness.targets.target import did_web_facts
from conformance.kit.listing import effort_of
from conformance.kit.planning import Wishes, check_areas, end_run, load_of, new_run_id, seal_run, tls_context

if TYPE_CHECKING:
    from ainp_harness.judging.verdict import RunVerdict

SUITE_LIMIT = {Depth.QUICK: 900.0, Depth.STANDARD: 2700.0}
"""How long the suite may take at all, in seconds: far beyond what it should."""

STARTS = 3

SETUP_LIMIT_S = 180.0
"""How long a load may take beyond its warm-up and window: registering its agents and reading the last answers."""


def certify(options: Options, console: Console) -> tuple[tuple[RunVerdict, ...], Path]:
    """Run a whole certification and give its verdicts and bundle.

    Raises:
        everything that `exits.guarded` turns into a paragraph.
    """
    promises = Promises.chosen(options.profile)  # before anything is started: a typing mistake should not take ten seconds
    depth = options.chosen_depth
    if depth is Depth.FULL:
        raise UsageError("depth full needs hours of watching (uptime, soak), which this version does not have yet: take --depth standard")
    requirements = united(promises)
    _check(options, requirements)
    times = promises[0].targets.depth[depth]
    phases = {"start": times.budget_s["start"], "suite": times.budget_s["suite"]}
    if options.areas:
        phases["suite"] *= len(options.areas) / len({requirement.area for requirement in requirements.values()})
    elif options.load and load_of(promises) is not None:
        phases["load"] = times.budget_s["load"]
    phases["report"] = times.budget_s["report"]
    folder = _run_folder(options.out)
    with RunProgress(console, phases) as progress:
        progress.begin("start", "starting the broker" if options.kind != "url" else f"looking at {options.url}")
        with _swept(folder), _made(options, promises[0], folder / "logs") as target:
            _start_again(target, depth)
            plan = _sealed(options, target, folder)
            _announce(options, plan, progress)
            reason, detail = "failed", ""
            try:
                detail = _drive(options, target, plan, folder, progress)
                reason = "failed" if detail else "completed"
            except KeyboardInterrupt:
                reason = "interrupted"
                progress.say(f"Stopping. The evidence so far is in {folder}  (ainp-harness judge {folder})")
                raise
            finally:
                with _uninterrupted():
                    end_run(folder, reason, detail)
        progress.begin("report", "judging")
        verdicts = judged(folder)
    tell(verdicts, folder, console)
    if detail:
        console.print(f"\n{detail}", style="yellow", highlight=False, markup=False)
    return verdicts, folder


def _check(options: Options, requirements: Mapping[str, Requirement]) -> None:
    """What can be known to be wrong before anything is started or asked.

    Raises:
        PromiseError, UnknownArea: a file does not fit, or there is no such area.
    """
    check_areas(options.areas, requirements)
    tls_context(options.ca_file)
    if options.binding != "auto":
        load_binding(options.binding)
    if options.waivers is not None:
        load_waivers(options.waivers, load_requirements())
    if options.kind == "url":
        _made_url(options)


def _run_folder(out: Path) -> Path:
    """The folder of the run, with a place for the first logs."""
    folder = out / new_run_id()
    try:
        (folder / "logs").mkdir(parents=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    return folder


@contextlib.contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """Where no run came of it (nothing was sealed), nothing is left behind."""
    try:
        yield
    finally:
        if not (folder / "run.json").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _made_url(options: Options) -> Target:
    try:
        return UrlTarget(str(options.url), headers=options.headers, cors_origin=options.cors_origin, did_web_host=options.didweb_host)
    except TargetError as error:
        raise UsageError(str(error)) from error


def _made(options: Options, promises: Promises, logs: Path) -> Target:
    if options.kind == "url":
        return _made_url(options)
    constants = {} if promises.profile.certifies else constant_settings(promises.profile.constants)
    settings = {**promises.profile.broker, **constants, **options.broker_settings}
    if options.kind == "docker":
        # Imported here: only this target needs the client of a Docker daemon.
        from ainp_harness.targets.docker import DockerOptions, DockerTarget

        plain, images = DockerOptions(), options.images
        return DockerTarget(
            logs,
            DockerOptions(
                postgres_image=images.get("postgres", plain.postgres_image),
                redis_image=images.get("redis", plain.redis_image),
                nats_image=images.get("nats", plain.nats_image),
                broker_image=images.get("broker"),
                port=options.port,
                settings=settings,
                cors_origin=options.cors_origin or plain.cors_origin,
            ),
        )
    origin = options.cors_origin or EmbeddedOptions().cors_origin
    return EmbeddedTarget(logs, _embedded(options, settings, origin))


def _embedded(options: Options, settings: Mapping[str, str], origin: str) -> EmbeddedOptions:
    commands = {str(name): argv for name, argv in options.commands.items()}
    return EmbeddedOptions(
        port=options.port, instances=options.instances, settings=settings, cors_origin=origin,
        broker_command=options.broker_command or None, commands=commands,
    )  # fmt: skip


def _sealed(options: Options, target: Target, folder: Path) -> Plan:
    facts = {**target.facts(), "cors_origin": target.cors_origin, **did_web_facts(target)}
    brokers = [pid for role, pid in target.processes() if role.startswith("broker")]
    if brokers:
        facts["cpu_quota"] = cpu_quota(brokers[0])
    wishes = Wishes(
        url=target.base_url, profile=options.profile, depth=options.chosen_depth, binding=options.binding, areas=options.areas,
        headers=options.headers, ca_file=options.ca_file, cors_origin=options.cors_origin, waivers=options.waivers, seed=options.seed,
        max_requests=options.max_requests, safe=options.safe, with_load=options.load and not options.areas,
    )  # fmt: skip
    info = TargetInfo(name=target.name, url=target.base_url, facts=_plain(facts))
    return asyncio.run(seal_run(wishes, info, sorted(target.reach), folder))


def _start_again(target: Target, depth: Depth) -> None:
    """At standard a broker of ours is started three times before anything else: readiness is judged by the worst (AINP-HLT-006)."""
    if depth is Depth.STANDARD and target.control is not None:
        for _ in range(STARTS - 1):
            target.control.restart("broker")


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with times as readiness tells them: ready_s as a list, one for each start."""
    starts = [start["ready_s"] for start in facts.get("starts", []) if start.get("ready_s") is not None]
    return {**facts, "ready_s": starts} if starts else facts


def _announce(options: Options, plan: Plan, progress: RunProgress) -> None:
    declared = plan.declared
    features = ", ".join(declared.features) if declared else "nothing that can be read"
    progress.say(
        f"{plan.target.url}  binding {plan.binding['name']}, profile {', '.join(plan.profiles)}, depth {plan.depth}; it declares {features}"
    )
    promises = plan.promises()
    for conflict in opposed(promises[0].conflicts.values(), [one.profile.judges for one in promises]):
        progress.say(f"Note: {conflict}")
    if plan.binding_why:
        progress.say(f"Found by asking: {plan.binding_why}")
    for note in plan.canary.notes:
        progress.say(f"Note: {note}")
    effort = effort_of(plan, options.workers)
    progress.expect("suite", effort.seconds)
    pace = "; we are one address to it, so its own limits set the pace" if plan.canary.addresses == "one" else ""
    progress.say(f"{effort.probes} probes, about {effort.requests} requests, expected to take {_minutes(effort.seconds)}{pace}")


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _drive(options: Options, target: Target, plan: Plan, folder: Path, progress: RunProgress) -> str:
    """Run the children; what failed of ours, or nothing."""
    broker = Broker(options.headers, options.ca_file)
    with ResourceRecorder(target, folder):
        try:
            progress.begin("suite", "conformance")
            with serve_control(target, folder) as channel:
                run_suite(
                    folder, broker, lambda line: _suite_line(line, progress), limit_s=SUITE_LIMIT[plan.depth],
                    control=channel.environment if channel else None, workers=options.workers,
                )  # fmt: skip
            if channel is not None and channel.broken:
                return channel.broken
            if plan.load is not None:
                progress.begin("load", "load: registering agents")
                limit = plan.load.warmup_s + plan.load.duration_s + SETUP_LIMIT_S
                run_load(folder, target.base_url, broker, lambda line: _load_line(line, progress), limit_s=limit, preload=_preload)
        except ChildFailed as error:
            return str(error)
    return ""


def _preload() -> None:
    """Load the judge while the load registers its agents: a second of our CPU that falls into nobody's window."""
    import reports  # noqa: F401


def _suite_line(line: dict[str, Any], progress: RunProgress) -> None:
    done, total = line.get("done", 0), line.get("total", 0)
    if total:
        failed = f", {line['failed']} failed" if line.get("failed") else ""
        waiting = str(line.get("message", ""))
        tail = f"  {waiting}" if waiting.startswith("waiting") else ""
        progress.update(done / total, f"conformance: {done} of {total} probes{failed}{tail}")


def _load_line(line: dict[str, Any], progress: RunProgress) -> None:
    if line.get("total_s"):
        progress.update(float(line["elapsed_s"]) / float(line["total_s"]), f"load: {line.get('message', '')}")


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C must not keep the first from being written down."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
