"""The command line as a user runs it: a process of its own in an empty folder, with a clean environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget

REPOSITORY = Path(__file__).parents[2]

Harness = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    """Run `ainp-harness ARGUMENTS` in an empty folder."""

    def run(*arguments: str, timeout_s: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("ainp-harness")), *arguments],
            cwd=tmp_path, env={**os.environ, "COLUMNS": "120", **environment}, capture_output=True, text=True, timeout=timeout_s,
        )  # fmt: skip

    return run


@contextmanager
def mutant(name: str, logs: Path) -> Iterator[EmbeddedTarget]:
    """A broken broker over real services: tests.mutants.NAME instead of the reference broker."""
    command = (sys.executable, "-P", "-m", f"tests.mutants.{name}", "serve")
    migrate = (sys.executable, "-P", "-m", "reference_broker", "migrate")
    with EmbeddedTarget(logs, EmbeddedOptions(broker_command=command, migrate_command=migrate, module_path=(REPOSITORY,))) as target:
        yield target


def verdicts(folder: Path) -> dict[str, str]:
    """Requirement id -> verdict, of the one run below a folder."""
    (found,) = folder.glob("runs/*/verdict.json")
    document: dict[str, Any] = json.loads(found.read_text())
    return {requirement["id"]: requirement["verdict"] for requirement in document["requirements"]}
