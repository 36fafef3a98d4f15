"""Reads from a run bundle what reports show beside the verdict: plan, load, measured samples, resources and the exchanges of failures.

A bundle may be half written or damaged, and a report of it is wanted all the same: what cannot be read is left out and named in
`problems`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

SAMPLE_COLUMNS = ("scenario", "intended_us", "dispatched_us", "latency_us", "outcome")
RESOURCE_COLUMNS = ("time_us", "role", "instance", "started_us", "rss_bytes", "pss_bytes", "cpu_s")
LONGEST_LINE = 4_000_000
"""An exchange keeps 64 kB of a body; a longer line than this is not ours."""

Columns = dict[str, NDArray[Any]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What was read. Every part may be missing: a run without load, an interrupted run, a damaged file."""

    plan: Json = field(default_factory=dict)
    plan_digest: str = ""
    end: Json | None = None
    load: Json | None = None
    samples: Columns | None = None
    resources: Columns | None = None
    exchanges: dict[str, Json] = field(default_factory=dict)
    statements: tuple[Json, ...] = ()
    problems: tuple[str, ...] = ()


def read_evidence(bundle: Path, wanted: frozenset[str]) -> Evidence:
    """`wanted`: ids of the exchanges that the report will show; the others are not kept in memory."""
    problems: list[str] = []
    run = _read_object(bundle / "run.json", problems) or {}
    plan = run.get("plan")
    return Evidence(
        plan=plan if isinstance(plan, dict) else {},
        plan_digest=str(run.get("digest", "")),
        end=_read_object(bundle / "end.json", problems),
        load=_read_object(bundle / "load.json", problems),
        samples=_read_columns(bundle / "samples", SAMPLE_COLUMNS, problems),
        resources=_read_columns(bundle / "resources", RESOURCE_COLUMNS, problems),
        exchanges={entry["id"]: entry for entry in _lines(bundle / "exchanges", problems) if entry.get("id") in wanted},
        statements=tuple(entry for entry in _lines(bundle / "expectations", problems) if _speaks_of(entry, wanted)),
        problems=tuple(problems),
    )


def _speaks_of(entry: Json, wanted: frozenset[str]) -> bool:
    named = entry.get("exchanges")
    return entry.get("type") == "statement" and isinstance(named, list) and any(isinstance(one, str) and one in wanted for one in named)


def _read_object(path: Path, problems: list[str]) -> Json | None:
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"{path.name} could not be read: {error}")
        return None
    if isinstance(found, dict):
        return found
    problems.append(f"{path.name} is not an object")
    return None


def _lines(folder: Path, problems: list[str]) -> Iterator[Json]:
    """Every readable object of the folder's files; the last line of a killed writer is often cut."""
    for path in sorted(folder.glob("*.jsonl")):
        bad = 0
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError):
                    entry = None
                if isinstance(entry, dict) and isinstance(entry.get("id", ""), str):
                    yield entry
                elif line.strip():
                    bad += 1
        if bad:
            problems.append(f"{folder.name}/{path.name}: {bad} unreadable line{'s' if bad > 1 else ''} left out")


def _read_columns(folder: Path, names: tuple[str, ...], problems: list[str]) -> Columns | None:
    tables = []
    for path in sorted(folder.glob("part-*.parquet")):
        try:
            tables.append(pq.read_table(path, columns=list(names), partitioning=None))
        except (OSError, pa.ArrowException, KeyError) as error:
            problems.append(f"{folder.name}/{path.name} could not be read: {str(error)[:200]}")
    if not tables:
        return None
    try:
        table = pa.concat_tables(tables, promote_options="default")
        columns = {name: _array(table.column(name)) for name in names}
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        problems.append(f"{folder.name} could not be put together: {str(error)[:200]}")
        return None
    return columns if table.num_rows else None


def _array(column: Any) -> NDArray[Any]:
    """Numbers as int64 or float64, texts as references to one object a distinct text, for a long run has millions of rows."""
    if pa.types.is_integer(column.type):
        return np.asarray(column.fill_null(-1).cast(pa.int64()).to_numpy())
    if pa.types.is_floating(column.type):
        return np.asarray(column.fill_null(-1.0).cast(pa.float64()).to_numpy())
    encoded = pc.dictionary_encode(column.cast(pa.string()).fill_null("")).combine_chunks()
    whole = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    names = np.array([*whole.dictionary.to_pylist(), ""], dtype=object)[:-1]
    return np.asarray(names[whole.indices.to_numpy()])
