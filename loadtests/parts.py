"""Parquet parts of the bundle: rows collected in memory, written every few seconds, each part whole beside its place and renamed.

Writing happens in a thread of gevent's pool: the loop must not stand still for it.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import gevent
import pyarrow as pa
import pyarrow.parquet as pq

from ainp_harness.evidence.files import write_whole

INT64, INT32, INT16, TEXT, FLOAT64 = pa.int64(), pa.int32(), pa.int16(), pa.string(), pa.float64()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


SAMPLES = _schema(
    scenario=TEXT,
    operation=TEXT,
    query_class=TEXT,
    arrival=INT64,
    intended_us=INT64,
    dispatched_us=INT64,
    sent_us=INT64,
    latency_us=INT64,
    service_us=INT64,
    status=INT16,
    outcome=TEXT,
    error_code=TEXT,
    bytes=INT64,
    instance=TEXT,
    worker=TEXT,
)
HISTOGRAMS = _schema(
    scenario=TEXT,
    operation=TEXT,
    outcome=TEXT,
    interval_start_us=INT64,
    interval_s=FLOAT64,
    measure=TEXT,
    count=INT64,
    hdr=pa.binary(),
    overflow=INT64,
)
DELIVERIES = _schema(
    scenario=TEXT,
    id=TEXT,
    from_did=TEXT,
    to_did=TEXT,
    kind=TEXT,
    intended_us=INT64,
    acknowledged_us=INT64,
    received_us=INT64,
    received_by=TEXT,
    times=INT32,
    confirmed_us=INT64,
    in_time=pa.bool_(),
)
RESOURCES = _schema(
    time_us=INT64,
    role=TEXT,
    instance=TEXT,
    processes=INT32,
    rss_bytes=INT64,
    pss_bytes=INT64,
    hwm_bytes=INT64,
    cpu_s=FLOAT64,
    threads=INT32,
    fds=INT32,
    started_us=INT64,
    connections=INT32,
)


class PartWriter:
    """The parts of one table. `prefix` keeps the parts of two writers of one folder apart."""

    def __init__(self, folder: Path, schema: pa.Schema, prefix: str = "part-") -> None:
        self._folder = folder
        self._schema = schema
        self._prefix = prefix
        self._rows: list[tuple[Any, ...]] = []
        self._next = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """Collect a row, its members in the schema's order."""
        self._rows.append(row)

    def flush(self, *, in_thread: bool = True) -> None:
        """Write what has been collected as the next part. Nothing collected, nothing written.

        Raises:
            CannotWrite: the file system refuses.
        """
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        path = self._folder / f"{self._prefix}{self._next:05}.parquet"
        self._next += 1
        if in_thread:
            gevent.get_hub().threadpool.apply(_write, (path, self._schema, rows))
        else:
            _write(path, self._schema, rows)


def _write(path: Path, schema: pa.Schema, rows: list[tuple[Any, ...]]) -> None:
    columns = [pa.array(column, type=kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), buffer, compression="zstd")
    write_whole(path, buffer.getvalue())
