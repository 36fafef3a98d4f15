"""Run the broken brokers of tests/mutants and compare what the suite finds with what each says of itself.

`make mutants`, or `make mutants ARGS="limit_50 replay_1s"` for some. Two benches at the same time (tests/bench.py), each with services of
its own; `--jobs 1` for one.
The results so far, with the suite's reasons, are in build/mutants.json.
Exit code 1: something was not found, or something was found that should not be.
"""

from __future__ import annotations

import argparse
import importlib
import json
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ainp_harness.cli.exits import ChildFailed
from ainp_harness.promises.vocabulary import Depth
from ainp_harness.targets.errors import TargetError
from conformance.kit.looking import CannotJudge
from tests.bench import PROFILES, Bench

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "tests" / "mutants"
RESULTS = REPOSITORY / "build" / "mutants.json"
JOBS = 2

BROKEN = frozenset({"FAIL", "WARN"})
QUIET = frozenset({"PASS", "DEFERRED", "OUT_OF_REACH", "NOT_APPLICABLE", "WAIVED"})
"""Verdicts that say nothing against a broker."""


@dataclass(frozen=True)
class Mutant:
    """A broker of tests/mutants and what it says of itself."""

    name: str
    module: str
    areas: tuple[str, ...]
    finds: frozenset[str]
    disputed: frozenset[str]
    related: frozenset[str]
    profile: str = "phase-0.3"
    depth: Depth = Depth.QUICK
    environment: Mapping[str, str] = field(default_factory=dict)
    instances: int = 1
    binding: str = "auto"

    @property
    def judged_by(self) -> str:
        """The profile, compressed where the suite would wait through real windows."""
        return str(PROFILES / f"{self.profile}-compressed.toml") if self.depth is Depth.STANDARD else self.profile

    @property
    def permitted(self) -> bool:
        """It is correct: nothing may fail."""
        return not self.finds


@dataclass(frozen=True)
class Outcome:
    """What came of one run: how many of its FINDS were found, and what speaks against the suite."""

    mutant: Mutant
    seconds: float
    missed: Mapping[str, str]
    unexpected: Mapping[str, str]
    fault: str = ""
    """Why there is no verdict at all."""
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.missed and not self.unexpected and not self.fault


def names() -> list[str]:
    """Every mutant, the permitted ones last."""
    return [path.stem for folder in (FOLDER, FOLDER / "permitted") for path in sorted(folder.glob("[!_]*.py"))]


def load(name: str) -> Mutant:
    """A mutant by its name; loading one breaks nothing in this process."""
    package = "tests.mutants" if (FOLDER / f"{name}.py").exists() else "tests.mutants.permitted"
    module = importlib.import_module(f"{package}.{name}")
    disputed, profile = getattr(module, "DISPUTED", frozenset()), getattr(module, "PROFILE", "phase-0.3")
    depth = Depth(getattr(module, "DEPTH", "quick"))
    environment, instances = getattr(module, "ENVIRONMENT", {}), getattr(module, "INSTANCES", 1)
    return Mutant(
        name, module.__name__, module.AREAS, module.FINDS, disputed, module.RELATED, profile, depth, environment, instances,
        getattr(module, "BINDING", "auto"),
    )  # fmt: skip


def compare(mutant: Mutant, verdicts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What was missed, and what was found that should not be: requirement id -> verdict."""
    missed, unexpected = {}, {}
    for identifier in sorted(mutant.finds):
        verdict = verdicts.get(identifier, "no verdict")
        if verdict not in BROKEN and not (verdict == "DISPUTED" and identifier in mutant.disputed):
            missed[identifier] = verdict
    for identifier, verdict in verdicts.items():
        excused = identifier in mutant.related and not (mutant.permitted and verdict in BROKEN)
        if verdict not in QUIET and identifier not in mutant.finds and not excused:
            unexpected[identifier] = verdict
    return missed, unexpected


def run(mutant: Mutant, bench: Bench, folder: Path) -> Outcome:
    """Put the broker on the bench, run the suite, compare."""
    began = time.monotonic()
    verdict, fault = None, ""
    try:
        bench.put(mutant.module, mutant.judged_by, environment=mutant.environment, instances=mutant.instances)
        verdict = bench.certify(folder, profile=mutant.judged_by, depth=mutant.depth, areas=mutant.areas, binding=mutant.binding)
    except (TargetError, ChildFailed, CannotJudge) as error:
        fault = " ".join(str(error).split())[:200]
    seconds = time.monotonic() - began
    if verdict is None:
        return Outcome(mutant, seconds, {}, {}, fault)
    missed, unexpected = compare(mutant, {one.id: str(one.verdict) for one in verdict.requirements})
    reasons = {one.id: one.reason for one in verdict.requirements if one.id in {**missed, **unexpected}}
    return Outcome(mutant, seconds, missed, unexpected, reasons=reasons)


def run_all(mutants: Sequence[Mutant], jobs: int, tell: Callable[[Outcome], None]) -> None:
    """Run them on so many benches at the same time; `tell` is called by one thread at a time."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    stopped, telling = threading.Event(), threading.Lock()

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="ainp-mutants-") as scratch, Bench(Path(scratch) / "logs") as bench:
            while not stopped.is_set():
                try:
                    mutant = waiting.get_nowait()
                except queue.Empty:
                    return
                outcome = run(mutant, bench, Path(scratch) / mutant.name)
                with telling:
                    tell(outcome)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for done in [pool.submit(work) for _ in range(min(jobs, len(mutants)))]:
                done.result()
        finally:
            stopped.set()


def row(outcome: Outcome) -> str:
    """One line of the table."""
    mutant = outcome.mutant
    found = "correct" if mutant.permitted else f"{len(mutant.finds) - len(outcome.missed)} of {len(mutant.finds)}"
    told = [f"missed {short(identifier)} ({verdict})" for identifier, verdict in outcome.missed.items()]
    told += [f"unexpected {short(identifier)} ({verdict})" for identifier, verdict in outcome.unexpected.items()]
    told += [outcome.fault] if outcome.fault else []
    return f"{mutant.name:30} {outcome.seconds:5.0f} s   {'-' if outcome.fault else found:8} {', '.join(told)}".rstrip()


def short(identifier: str) -> str:
    return identifier.removeprefix("AINP-")


def results(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """For build/mutants.json."""
    return [
        {
            "name": outcome.mutant.name,
            "permitted": outcome.mutant.permitted,
            "good": outcome.good,
            "seconds": round(outcome.seconds, 1),
            "finds": sorted(outcome.mutant.finds),
            "missed": dict(outcome.missed),
            "unexpected": dict(outcome.unexpected),
            "reasons": dict(outcome.reasons),
            "fault": outcome.fault,
        }
        for outcome in outcomes
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Judge the broken brokers of tests/mutants.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help="so many at the same time (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    known = names()
    if unknown := [name for name in chosen.names if name not in known]:
        print(f"there is no mutant {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(f"{'broker':30} {'time':>7}   {'found':8} what is wrong with that", flush=True)
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(row(outcome), flush=True)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results(outcomes), indent=2) + "\n")

    run_all([load(name) for name in chosen.names or known], max(1, chosen.jobs), tell)
    bad = [outcome for outcome in outcomes if not outcome.good]
    print(f"{len(outcomes)} brokers, {len(outcomes) - len(bad)} judged as they say of themselves, {len(bad)} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
