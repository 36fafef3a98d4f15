"""Run the broken brokers of tests/mutants and compare what the suite finds with what each says of itself.

`make mutants`, or `make mutants ARGS="limit_50 replay_1s"` for some. One at a time, each over services of its own on the loopback address.
The results so far, with the suite's reasons, are in build/mutants.json.
Exit code 1: something was not found, or something was found that should not be.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget
from ainp_harness.targets.errors import TargetError

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "tests" / "mutants"
RESULTS = REPOSITORY / "build" / "mutants.json"
HARNESS = Path(sys.executable).with_name("ainp-harness")
LONGEST_S = 120.0
"""For the suite against one of them."""

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
    return Mutant(name, module.__name__, module.AREAS, module.FINDS, getattr(module, "DISPUTED", frozenset()), module.RELATED)


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


def run(mutant: Mutant, folder: Path) -> Outcome:
    """Start the services and the broker, run the suite, compare."""
    began = time.monotonic()
    command = (sys.executable, "-P", "-m", mutant.module, "serve")
    migrate = (sys.executable, "-P", "-m", "reference_broker", "migrate")
    options = EmbeddedOptions(broker_command=command, migrate_command=migrate, module_path=(REPOSITORY,), ready_deadline_s=60)
    found: list[dict[str, Any]] = []
    fault = ""
    try:
        with EmbeddedTarget(folder / "logs", options) as target:
            found, fault = judge(target, mutant, folder)
    except TargetError as error:
        fault = str(error).splitlines()[0]
    seconds = time.monotonic() - began
    if fault:
        return Outcome(mutant, seconds, {}, {}, fault)
    missed, unexpected = compare(mutant, {item["id"]: item["verdict"] for item in found})
    reasons = {item["id"]: item["reason"] for item in found if item["id"] in {**missed, **unexpected}}
    return Outcome(mutant, seconds, missed, unexpected, reasons=reasons)


def judge(target: EmbeddedTarget, mutant: Mutant, folder: Path) -> tuple[list[dict[str, Any]], str]:
    """The requirements with their verdicts, as the suite found them, or why there are none."""
    argv = [str(HARNESS), "certify", target.base_url, "--depth", "quick", "--areas", ",".join(mutant.areas)]
    argv += ["--cors-origin", target.cors_origin, "--out", str(folder / "runs"), "--json"]
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return [], f"not done after {LONGEST_S:.0f} s"
    if done.returncode not in (0, 1, 3):
        return [], f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-200:]}"
    try:
        document: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return [], f"no verdict: {(done.stderr or done.stdout).strip()[-200:]}"
    return document["requirements"], ""


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
    known = names()
    if unknown := [name for name in arguments if name not in known]:
        print(f"there is no mutant {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(f"{'broker':30} {'time':>7}   {'found':8} what is wrong with that", flush=True)
    outcomes = []
    for name in arguments or known:
        with tempfile.TemporaryDirectory(prefix="ainp-mutant-") as scratch:
            outcomes.append(run(load(name), Path(scratch)))
        print(row(outcomes[-1]), flush=True)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results(outcomes), indent=2) + "\n")
    bad = [outcome for outcome in outcomes if not outcome.good]
    print(f"{len(outcomes)} brokers, {len(outcomes) - len(bad)} judged as they say of themselves, {len(bad)} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
