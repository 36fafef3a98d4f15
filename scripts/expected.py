"""Write conformance/expected.toml, what each probe takes, from a run of the whole suite against the reference broker.

`python scripts/expected.py RUN`, of a run with all three profiles at depth standard. What the file knows and the run did not is kept.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

from ainp_harness.evidence.bundle import Bundle
from conformance.kit.coverage import CONFORMANCE
from conformance.kit.pacing import EXEMPT_OPERATIONS, PUBLIC_OPERATIONS
from conformance.kit.selection import expectations_of_effort
from conformance.kit.transport import UNVERIFIED

HEAD = "# What each probe takes against the reference broker: how long a run will be. Written by scripts/expected.py.\n\n[probe]\n"


def main(arguments: list[str]) -> int:
    bundle = Bundle(Path(arguments[0]))
    requests: Counter[str] = Counter()
    by_address: Counter[str] = Counter()
    seconds: dict[str, float] = defaultdict(float)
    cases: dict[str, set[str]] = defaultdict(set)
    spans: dict[str, list[float]] = defaultdict(list)
    for exchange in bundle.exchanges.values():
        if exchange.probe is None or exchange.attempt != 1 or exchange.kind not in ("http", "ws", "raw"):
            continue
        name = exchange.probe.partition("[")[0]
        cases[name].add(exchange.probe)
        requests[name] += 1
        status = exchange.response.status if exchange.response else 0
        counts = exchange.operation in PUBLIC_OPERATIONS or status in UNVERIFIED
        by_address[name] += counts and exchange.operation not in EXEMPT_OPERATIONS
        spans[exchange.probe] += [exchange.started_ms, exchange.started_ms + exchange.duration_ms]
    for probe, times in spans.items():
        seconds[probe.partition("[")[0]] += (max(times) - min(times)) / 1000
    known = expectations_of_effort()
    for name in known.keys() - requests.keys():  # of a deeper run, or another profile
        cases[name] = {f"{name}[{number}]" for number in range(known[name].cases)}
        requests[name], by_address[name] = known[name].requests, known[name].by_address
    for name, one in known.items():
        seconds[name] = min(seconds.get(name, one.seconds), one.seconds)  # a busy machine makes everything long
    lines = [
        f'"{name}" = {{ cases = {len(cases[name])}, requests = {requests[name]}, by_address = {by_address[name]}, '
        f"seconds = {seconds[name]:.1f} }}"
        for name in sorted(requests)
    ]
    (CONFORMANCE / "expected.toml").write_text(HEAD + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
