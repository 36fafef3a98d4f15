"""`ainp-harness broker up`: the reference broker with its services, alone, until somebody stops it."""

from __future__ import annotations

import signal
import tempfile
import threading
from pathlib import Path

from rich.console import Console

from ainp_harness.cli.exits import Exit
from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget

LOOK_S = 1.0


def broker_up(port: int | None, logs: Path | None, console: Console) -> int:
    """Start it, print its URL, and stay until SIGINT or SIGTERM; 0 when it was stopped so.

    Raises:
        TargetError: it cannot start, or one of its processes died.
    """
    stop = threading.Event()
    with tempfile.TemporaryDirectory(prefix="ainp-logs-") as scratch:
        with EmbeddedTarget(logs or Path(scratch), EmbeddedOptions(port=port)) as target:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            console.print(target.base_url, highlight=False)
            console.print(
                f"The reference broker is up ({target.base_url}/health/ready). Ctrl-C stops it and its services.", highlight=False
            )
            console.print(f"It may ask {target.did_web_host} for did:web documents (--didweb-host).", highlight=False)
            while not stop.wait(LOOK_S):
                target.check()
        console.print("Stopped.")
    return Exit.PASSED
