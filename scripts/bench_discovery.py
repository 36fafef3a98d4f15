"""How fast and how exact the broker's index finds, by number of agents. `make bench-discovery`.

Fills the index by COPY with phrases of the seeded corpus, asks the broker by phrases that are not in it, takes the time of the index query
from the broker's own Server-Timing, and compares what it found with an exact search over the same table. Prints a table beside the
targets (AINP-DSC-014, AINP-DSC-015) and writes build/bench-discovery.json as [{name, value, unit}].
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg
import httpx
import numpy as np
import wordllama
from pgvector.asyncpg import register_vector

from ainp_harness.promises.corpus import load_corpus
from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget
from scripts.http_lanes import closed_loop, http_request, open_lanes

logging.getLogger("httpx").setLevel(logging.WARNING)  # wordllama turns logging on

RESULTS = Path(__file__).resolve().parents[1] / "build" / "bench-discovery.json"
BOUNDS = {1_000: (2.0, 99.5), 10_000: (5.0, 99.2), 100_000: (12.0, 98.8)}
"""Agents -> p95 of the index query in ms, recall@10 in % (draft-00, benchmark table)."""

QUERIES = 300
SEED = 20_251_007
INDEX = "CREATE INDEX capabilities_embedding ON capabilities USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
EXACT = "SELECT did, 1 - (embedding <=> $1) AS similarity FROM capabilities ORDER BY embedding <=> $1 LIMIT 10"


def phrases(count: int) -> list[str]:
    """Distinct phrases of the corpus, in an order of their own: the first are the agents', the last the questions."""
    corpus = load_corpus()
    chosen = random.Random(SEED).sample(range(len(corpus)), count)
    return [corpus.text(index)[0] for index in chosen]


class Embedder:
    """The broker's model."""

    def __init__(self) -> None:
        self._model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)

    def __call__(self, texts: list[str]) -> np.ndarray:
        rows = np.asarray(self._model.embed(texts), dtype=np.float64)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


async def fill(database: asyncpg.Connection, texts: list[str], vectors: np.ndarray) -> float:
    """Replace what is in the index; seconds that building it took."""
    await database.execute("DROP INDEX IF EXISTS capabilities_embedding; TRUNCATE agents CASCADE")
    now = int(time.time() * 1000)
    dids = [f"did:web:bench.example:agent{number}" for number in range(len(texts))]
    await database.copy_records_to_table(
        "agents", records=[(did, now + 86_400_000, now) for did in dids], columns=["did", "expires_at", "trust_updated_at"]
    )
    await database.copy_records_to_table(
        "capabilities",
        records=[(did, 0, text, ["bench"], "1.0.0", vector) for did, text, vector in zip(dids, texts, vectors, strict=True)],
        columns=["did", "position", "description", "tags", "version", "embedding"],
    )
    began = time.perf_counter()
    await database.execute("SET maintenance_work_mem = '1GB'")
    await database.execute(INDEX)
    took = time.perf_counter() - began
    await database.execute("ANALYZE agents, capabilities")
    return took


async def ask(url: str, database: asyncpg.Connection, questions: list[str], vectors: np.ndarray) -> tuple[list[float], float]:
    """Milliseconds of each index query, and recall@10 in %: a tie with the tenth counts as found."""
    times, found = [], []
    await database.execute("SET enable_indexscan = off")
    for number, (question, vector) in enumerate(zip(questions, vectors, strict=True)):
        source = httpx.AsyncHTTPTransport(local_address=f"127.78.{number // 250}.{number % 250 + 1}")  # the limit is one by address
        async with httpx.AsyncClient(base_url=url, timeout=10, transport=source) as http:
            answer = await http.get(f"/api/v1/discovery?query={quote(question)}&limit=10")
        answer.raise_for_status()
        times.append(float(answer.headers["server-timing"].partition("dur=")[2]))
        exact = await database.fetch(EXACT, vector)
        least = exact[-1]["similarity"] - 1e-6
        found.append(sum(result["similarity"] >= least for result in answer.json()["results"]) / len(exact))
    return times, 100 * statistics.mean(found)


async def throughput(url: str, questions: list[str]) -> float:
    """Discoveries by text a second, end to end, no two alike."""
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 80)
    lanes = await open_lanes(host, port, 64, [f"127.79.0.{number + 1}" for number in range(64)])
    requests = [http_request("GET", f"/api/v1/discovery?query={quote(question)}", host) for question in questions]
    tally = await closed_loop(lanes, iter(requests), 5.0)
    for lane in lanes:
        lane.close()
    if tally.good(200) < 0.999 * sum(tally.statuses.values()):
        raise SystemExit(f"answers other than 200: {dict(tally.statuses)}")
    return tally.rate(200)


async def measure(target: EmbeddedTarget, sizes: list[int]) -> list[dict[str, object]]:
    embed = Embedder()
    rows: list[dict[str, object]] = []
    database = await asyncpg.connect(target.database_url)
    await register_vector(database)
    print(
        f"{'agents':>8} {'p50 ms':>7} {'p95 ms':>7} {'bound':>6} {'recall %':>9} {'bound':>6} {'build s':>8} {'by text /s':>11}", flush=True
    )
    for size in sizes:
        texts = phrases(size + QUERIES + 20_000)
        agents, questions, others = texts[:size], texts[size : size + QUERIES], texts[size + QUERIES :]
        built = await fill(database, agents, embed(agents))
        target.control.restart("broker")  # it looks at the size of the index at its start and once a minute
        times, recall = await ask(target.base_url, database, questions, embed(questions))
        rate = await throughput(target.base_url, others)
        times.sort()
        p50, p95 = times[len(times) // 2], times[int(0.95 * len(times))]
        bound_ms, bound_recall = BOUNDS.get(size, (float("nan"), float("nan")))
        print(f"{size:8,} {p50:7.2f} {p95:7.2f} {bound_ms:6.1f} {recall:9.2f} {bound_recall:6.1f} {built:8.1f} {rate:11,.0f}", flush=True)
        rows += [
            {"name": f"index query p95, {size} agents", "value": round(p95, 2), "unit": "ms"},
            {"name": f"recall@10, {size} agents", "value": round(recall, 2), "unit": "%"},
            {"name": f"discovery by text, uncached, {size} agents", "value": round(rate), "unit": "/s"},
        ]
    await database.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="ainp-bench-") as scratch, EmbeddedTarget(Path(scratch) / "logs", EmbeddedOptions()) as target:
        rows = asyncio.run(measure(target, sizes))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
