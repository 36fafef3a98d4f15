"""How long a quick certification takes, part by part, against the budget of its depth. `make bench-certify`.

Runs `ainp-harness certify` a few times on the embedded broker and prints medians; writes build/bench-certify.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.promises.targets import load_targets
from ainp_harness.promises.vocabulary import Depth

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAM = Path(sys.executable).with_name("ainp-harness")


def one_run(folder: Path) -> dict[str, float]:
    """Seconds of one certification and its parts.

    Raises:
        SystemExit: it did not pass; a figure of a run that failed would mean nothing.
    """
    begun = time.time()
    done = subprocess.run([PROGRAM, "certify"], check=False, cwd=folder, capture_output=True, text=True, timeout=300)
    total = time.time() - begun
    if done.returncode != 0:
        raise SystemExit(f"the certification ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    bundle = Bundle(max((folder / "runs").iterdir()))
    probes = [exchange for exchange in bundle.exchanges.values() if exchange.id.startswith("c0-")]
    assert bundle.load is not None
    assert bundle.end is not None
    first, last = probes[0].started_ms / 1000, (probes[-1].started_ms + probes[-1].duration_ms) / 1000
    return {
        "total": total,
        "start": bundle.plan.created_ms / 1000 - begun,
        "suite": last - first,
        "load": bundle.end["ended_ms"] / 1000 - last,
        "report": begun + total - bundle.end["ended_ms"] / 1000,
        "requests": float(len(probes)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    budget = load_targets().depth[Depth.QUICK]
    with tempfile.TemporaryDirectory(prefix="ainp-bench-") as scratch:
        measured = [one_run(Path(scratch)) for _ in range(runs)]
    limits = {**budget.budget_s, "total": budget.limit_s}
    rows = []
    print(f"{'part':10} {'median s':>9} {'least':>7} {'most':>7} {'of its budget':>14}")
    for part in ("start", "suite", "load", "report", "total"):
        values = [run[part] for run in measured]
        share = statistics.median(values) / limits[part]
        print(f"{part:10} {statistics.median(values):9.1f} {min(values):7.1f} {max(values):7.1f} {share:13.0%}")
        rows.append({"name": f"certify.quick.{part}", "value": round(statistics.median(values), 2), "unit": "s"})
        rows.append({"name": f"certify.quick.{part}.of_budget", "value": round(share, 3), "unit": "ratio"})
    rows.append({"name": "certify.quick.requests", "value": statistics.median(run["requests"] for run in measured), "unit": "requests"})
    out = REPOSITORY / "build" / "bench-certify.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"written to {out.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
