"""The two children of a run, the suite (pytest) and the load (Locust): each a process of its own that reports how far it is through a pipe.

Locust monkey-patches whatever process imports it, and pytest reads the user's plugins and options where it is not kept from it.
"""

from __future__ import annotations

import json
import os
import selectors
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ainp_harness.cli.exits import ChildFailed
from ainp_harness.targets.processes import Child, start
from ainp_harness.targets.rooms import clean_environment, rooms_dir

STOP_S = 2.0
"""How long a child has to end in good order; Ctrl-C as a whole has 5 s."""

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy")

PYTEST_RAN = frozenset({0, 1, 5})
"""All passed, some failed, none chosen. Anything else is a failure of ours."""

LINE_BYTES = 1 << 16


@dataclass(frozen=True)
class Broker:
    """What the children need to know of how to reach the broker."""

    headers: Mapping[str, str]
    ca_file: Path | None

    def environment(self) -> dict[str, str]:
        """Headers go by the environment: a command line can be read by everybody on the machine."""
        given = {name: os.environ[name] for name in PROXY_VARIABLES if name in os.environ}
        if self.headers:
            given["AINP_HEADERS"] = json.dumps(dict(self.headers))
        if self.ca_file is not None:
            given["AINP_CA_FILE"] = str(self.ca_file.resolve())
        return given


Report = Callable[[dict[str, Any]], None]


def suite_argv() -> list[str]:
    """The command that runs the suite with nothing of the user's in it; its environment must switch off the loading of plugins."""
    suite = rooms_dir() / "conformance"
    argv = [sys.executable, "-P", "-m", "pytest", str(suite), "-c", str(suite / "pytest.ini"), "--rootdir", str(rooms_dir())]
    return [*argv, "-p", "pytest_asyncio.plugin", "-p", "xdist.plugin"]


def run_suite(
    folder: Path, broker: Broker, report: Report, *, limit_s: float, control: Mapping[str, str] | None = None, workers: int = 1
) -> None:
    """Run the conformance suite of a sealed run, by so many workers. `control`: how it finds the control channel, by environment.

    Raises:
        ChildFailed: pytest itself failed, or took longer than it may.
    """
    # Native tracebacks: pytest's own parse the source of every frame, half a second for each failure.
    argv = [*suite_argv(), "--tb=native", "--run-dir", str(folder.resolve())]
    if broker.ca_file is not None:
        argv += ["--ca-file", str(broker.ca_file.resolve())]
    if workers > 1:
        argv += ["-n", str(workers)]
    environment = clean_environment({**broker.environment(), **(control or {}), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    code, child = _run(argv, "suite", environment, folder / "logs" / "suite.log", report, limit_s)
    if code not in PYTEST_RAN:
        raise ChildFailed(f"The conformance suite ended with code {code}. Its last lines:\n{child.tail()}")


def run_load(folder: Path, url: str, broker: Broker, report: Report, *, limit_s: float, preload: Callable[[], None]) -> None:
    """Run the load of a sealed run. `preload` is called once while it sets itself up.

    Raises:
        ChildFailed: it could not run, or took longer than it may.
    """
    argv = [sys.executable, "-P", "-m", "loadtests", "--run-dir", str(folder.resolve()), "--host", url]
    environment = clean_environment(broker.environment())
    code, child = _run(argv, "load", environment, folder / "logs" / "load.log", report, limit_s, preload)
    if code != 0:
        raise ChildFailed(f"The load generator ended with code {code}. Its last lines:\n{child.tail()}")


def _run(
    argv: list[str],
    name: str,
    environment: Mapping[str, str],
    log: Path,
    report: Report,
    limit_s: float,
    preload: Callable[[], None] | None = None,
) -> tuple[int, Child]:
    log.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    try:
        child = start([*argv, "--progress-fd", str(writing)], name=name, env=environment, log=log, pass_fds=(writing,))
    finally:
        os.close(writing)
    try:
        if preload is not None:
            preload()
        _follow(reading, child, report, limit_s)
        code = child.wait(STOP_S)
        if code is None:
            raise ChildFailed(f"The {name} took longer than {limit_s:.0f} s and was stopped. Its last lines:\n{child.tail()}")
        return code, child
    finally:
        os.close(reading)
        child.stop(STOP_S)


def _follow(reading: int, child: Child, report: Report, limit_s: float) -> None:
    """Hand on what the child reports until it closes its end, dies, or its time is over."""
    deadline = time.monotonic() + limit_s
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not selector.select(timeout=0.5):
                if child.poll() is not None:
                    return
                report({})
                continue
            data = os.read(reading, LINE_BYTES)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            pending = pending[-LINE_BYTES:]
            for line in lines:
                try:
                    report(dict(json.loads(line)))
                except ValueError:
                    continue  # a broken line of progress is no reason to stop a run
