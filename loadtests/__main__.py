"""`python -P -m loadtests --run-dir DIR --host URL`: the load of DIR's sealed plan, as a child process of the command line.

Exit codes: 0 done, 2 usage, 4 our own environment failed, 130 interrupted. Further headers come in AINP_HEADERS (a JSON object), a file of
certificate authorities in AINP_CA_FILE.
"""

# ruff: noqa: E402  # gevent's patches come before everything that they patch
from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse
import os
import signal
import sys
from pathlib import Path

import gevent
import orjson

from ainp_harness.evidence.files import EvidenceError
from ainp_harness.evidence.plan import read_plan
from ainp_harness.promises.toml_files import PromiseError
from ainp_harness.wire.binding_data import BindingError
from loadtests.bundle_sink import PART_S
from loadtests.connection import resolve
from loadtests.headless import SETUP_LIMIT_S, HeadlessRun, Interrupted, Settings
from loadtests.sealed import CannotRun, binding_of, sealed_load, world_of

DONE, USAGE, OWN_FAILURE, INTERRUPTED = 0, 2, 4, 130


def main(arguments: list[str]) -> int:
    """Run, and give the exit code."""
    options = _options(arguments)
    try:
        headers = _extra_headers(os.environ.get("AINP_HEADERS", ""))
        plan = read_plan(options.run_dir)
        binding = binding_of(plan.binding)
        sealed = sealed_load(plan, binding)
        endpoint = resolve(options.host or plan.target.url, ca_file=os.environ.get("AINP_CA_FILE") or None, extra_headers=headers)
        if options.source_addresses and not endpoint.on_loopback:
            raise CannotRun("--source-addresses is for a broker on this machine's loopback")
        sources = tuple(f"127.0.0.{2 + number}" for number in range(options.source_addresses))
        settings = Settings(options.run_dir, options.progress_fd, sources, options.setup_limit_s, options.part_s, headers)
        run = HeadlessRun(sealed, world_of(plan, binding, sealed), endpoint, settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, run.stop)
        run.run()
    except Interrupted:
        return INTERRUPTED
    except (EvidenceError, PromiseError, BindingError, CannotRun, OSError, ValueError) as error:
        print(f"loadtests: {error}", file=sys.stderr)
        return OWN_FAILURE
    return DONE


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loadtests", description="Run the load of a sealed plan against an AINP broker.")
    parser.add_argument("--run-dir", type=Path, required=True, help="the run bundle, with its run.json")
    parser.add_argument("--host", help="the broker's URL; the plan's by default")
    parser.add_argument("--progress-fd", type=int, help="file descriptor that takes progress as JSON lines")
    parser.add_argument("--setup-limit-s", type=float, default=SETUP_LIMIT_S, help="seconds that registering the agents may take")
    parser.add_argument("--part-s", type=float, default=PART_S, help="seconds between Parquet parts")
    parser.add_argument(
        "--source-addresses",
        type=int,
        default=0,
        choices=range(254),
        metavar="N",
        help="spread connections over 127.0.0.2 and the following N-1 (Linux, loopback): for limits by address",
    )
    return parser.parse_args(arguments)


def _extra_headers(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CannotRun(f"AINP_HEADERS is no JSON object: {error}") from error
    if not isinstance(value, dict) or not all(isinstance(item, str) and item.isprintable() for item in value.values()):
        raise CannotRun("AINP_HEADERS is a JSON object of header names and one-line texts")
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
