"""What one instance of the reference broker does at most, on one core. `make bench-broker`.

The broker is pinned to the first core; this process, PostgreSQL, Redis and NATS share the others. Every rule is in force: the intents are
signed by as many identities as the limit per DID needs, and stored by JetStream. Variants are measured in interleaved rounds and the
median counts, because the speed of a machine drifts. Prints a table, writes build/bench-broker.json as [{name, value, unit}].
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil

from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget
from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.messages import Stamp
from scripts.delivery_bench import deliveries
from scripts.http_lanes import Tally, closed_loop, http_request, open_lanes, open_loop

RESULTS = Path(__file__).resolve().parents[1] / "build" / "bench-broker.json"
LANES = 64
PER_DID = 95
RECIPIENTS = 200
EMBEDDING = [1.0] + [0.0] * 15
BOUND_MS = 50.0
"""The p95 that a rate must keep to count (the broker's own bar)."""


@dataclass
class Bench:
    """One broker and its callers."""

    url: str
    seed: str
    pid: int
    sent: Iterator[int] = field(default_factory=itertools.count)

    def cpu_s(self) -> float:
        """CPU seconds that the broker has used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def host(self) -> str:
        return str(urlsplit(self.url).hostname)

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 80)

    def recipient(self, number: int) -> Identity:
        return Identity.derived(self.seed, "recipient", number % RECIPIENTS)

    async def make_known(self) -> None:
        """Recipients poll once: then they are known and present."""
        lanes = await open_lanes(self.host, self.port, 8)
        requests = iter([self._poll(self.recipient(number)) for number in range(RECIPIENTS)])
        tally = await closed_loop(lanes, requests, 30)
        if tally.good(200) != RECIPIENTS:
            raise SystemExit(f"the recipients could not poll: {dict(tally.statuses)}")
        for lane in lanes:
            lane.close()

    def _poll(self, who: Identity) -> bytes:
        target = f"/api/v1/inbox/{who.did}"
        proof = who.prove(method="GET", target=target, timestamp_ms=int(time.time() * 1000))
        return http_request("GET", target, self.host, headers=proof)

    def intents(self, count: int) -> list[bytes]:
        """Whole requests, signed: about 720 bytes of envelope each, PER_DID of each sender."""
        made = []
        for number in range(count):
            serial = next(self.sent)
            if number % PER_DID == 0:
                sender = Identity.derived(self.seed, "sender", serial)
            stamp = Stamp(str(_uuid()), str(_uuid()), int(time.time() * 1000))
            note = messages.freeform_note("a short note", EMBEDDING)
            envelope = messages.envelope(
                MsgType.INTENT, stamp, from_did=sender.did, to_did=self.recipient(serial).did, schema=messages.FREEFORM_NOTE_SCHEMA,
                payload=note,
            )  # fmt: skip
            made.append(http_request("POST", "/api/v1/intents", self.host, orjson.dumps(sender.sign(envelope))))
        return made

    def texts(self, count: int) -> list[bytes]:
        """Discoveries by text, no two alike."""
        words = ("translate", "book", "summarise", "invoice", "schedule", "search", "draw", "verify", "plan", "repair")
        things = ("flights", "contracts", "meetings", "photos", "recipes", "houses", "songs", "letters", "routes", "tables")
        queries = [f"{a}%20{b}%20{next(self.sent)}" for a, b in itertools.islice(itertools.cycle(itertools.product(words, things)), count)]
        return [http_request("GET", f"/api/v1/discovery?query={query}", self.host) for query in queries]


def _uuid() -> str:
    data = bytearray(os.urandom(16))
    data[6], data[8] = data[6] & 0x0F | 0x40, data[8] & 0x3F | 0x80
    text = data.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _addresses(count: int) -> list[str]:
    """Source addresses of this machine's own: public operations are limited by address."""
    return [f"127.77.{number // 250}.{number % 250 + 1}" for number in range(count)]


async def _most(bench: Bench, requests: list[bytes], status: int, seconds: float, sources: int = 0) -> tuple[float, float]:
    """Answers a second, and what each costs the broker: µs of CPU, which says more than a rate where the machine has other work."""
    lanes = await open_lanes(bench.host, bench.port, sources if sources else LANES, _addresses(sources))
    before = bench.cpu_s()
    tally = await closed_loop(lanes, iter(requests), seconds)
    used = bench.cpu_s() - before
    for lane in lanes:
        lane.close()
    _all_good(tally, status)
    return tally.rate(status), used / max(1, tally.good(status)) * 1e6


async def _steady(bench: Bench, rate: float, seconds: float) -> Tally:
    requests = bench.intents(int(rate * seconds))
    lanes = await open_lanes(bench.host, bench.port, LANES * 4)
    tally = await open_loop(lanes, iter(requests), rate, seconds)
    for lane in lanes:
        lane.close()
    return tally


def _all_good(tally: Tally, status: int) -> None:
    bad = sum(tally.statuses.values()) - tally.good(status)
    if bad > tally.good(status) * 0.001:
        raise SystemExit(f"answers other than {status}: {dict(tally.statuses)}")


async def measure(url: str, pid: int, rounds: int, seconds: float, wanted: set[str]) -> dict[tuple[str, str], list[float]]:
    """Every figure, a value a round."""
    bench = Bench(url, os.urandom(4).hex(), pid)
    await bench.make_known()
    found: dict[tuple[str, str], list[float]] = {}
    endless: Callable[[str], list[bytes]] = lambda path: [http_request("GET", path, bench.host)] * 400_000  # noqa: E731
    for number in range(rounds):
        figures: dict[str, tuple[float, float]] = {}
        if "intents" in wanted:
            figures["intents, closed loop"] = await _most(bench, bench.intents(int(9_000 * seconds)), 202, seconds)
        if "readiness" in wanted:
            figures["readiness"] = await _most(bench, endless("/health/ready"), 200, seconds)
        if "liveness" in wanted:
            figures["liveness"] = await _most(bench, endless("/health"), 200, seconds)
        if "text" in wanted:
            figures["discovery by text, uncached"] = await _most(bench, bench.texts(int(2_000 * seconds)), 200, seconds, sources=240)
            await asyncio.sleep(0)
        for name, (rate, cost_us) in figures.items():
            found.setdefault((name, "/s"), []).append(rate)
            found.setdefault((f"{name}: CPU each", "µs"), []).append(cost_us)
            print(f"  round {number + 1}: {name:32} {rate:9,.0f} /s {cost_us:7.0f} µs", flush=True)
    return found


async def steady_rate(url: str, pid: int, seconds: float, highest: float) -> tuple[float, list[dict[str, float]]]:
    """The highest rate of signed intents that keeps its p95 under the bound, by steps of a tenth down from what a closed loop reaches."""
    bench = Bench(url, os.urandom(4).hex(), pid)
    await bench.make_known()
    looked = []
    rate = highest
    while rate > 200:
        tally = await _steady(bench, rate, seconds)
        p95 = tally.quantile_ms(0.95)
        good = tally.good(202) >= 0.999 * int(rate * seconds)
        looked.append({"rate": rate, "p50_ms": tally.quantile_ms(0.5), "p95_ms": p95, "p99_ms": tally.quantile_ms(0.99)})
        print(
            f"  open loop {rate:7,.0f} /s: p50 {tally.quantile_ms(0.5):6.1f} ms, p95 {p95:7.1f} ms {'' if good else dict(tally.statuses)}",
            flush=True,
        )
        if good and p95 < BOUND_MS:
            return rate, looked
        rate *= 0.9
    return 0.0, looked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", default="intents,readiness,liveness,text,steady,delivery", help="a comma-separated choice")
    options = parser.parse_args()
    wanted = set(options.only.split(","))
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("two cores are needed: one for the broker, one for all else")
    rows: list[dict[str, object]] = []
    os.sched_setaffinity(0, cores[1:])
    with tempfile.TemporaryDirectory(prefix="ainp-bench-") as scratch, EmbeddedTarget(Path(scratch) / "logs", EmbeddedOptions()) as target:
        pid = next(pid for role, pid in target.processes() if role == "broker")
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
        found = asyncio.run(measure(target.base_url, pid, options.rounds, options.seconds, wanted))
        rows += [{"name": name, "value": round(statistics.median(values)), "unit": unit} for (name, unit), values in found.items()]
        if "steady" in wanted and "intents" in wanted:
            most = statistics.median(found["intents, closed loop", "/s"])
            rate, looked = asyncio.run(steady_rate(target.base_url, pid, options.seconds * 2, most))
            rows.append({"name": f"intents, open loop, p95 < {BOUND_MS:.0f} ms", "value": round(rate), "unit": "/s"})
            rows += [{"name": "its p95", "value": round(looked[-1]["p95_ms"], 1), "unit": "ms"}]
        if "delivery" in wanted:
            rows += asyncio.run(deliveries(target.base_url))
    print()
    for row in rows:
        print(f"{row['name']!s:48} {row['value']:>10,} {row['unit']}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
