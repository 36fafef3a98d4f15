"""The tables of a bundle: their columns, and parts of them, each written whole. docs/bundle-format.md says what the columns mean."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ainp_harness.evidence.files import write_whole

INT64, INT32, INT16, TEXT, FLOAT64 = pa.int64(), pa.int32(), pa.int16(), pa.string(), pa.float64()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


SAMPLES = _schema(
    scenario=TEXT, operation=TEXT, query_class=TEXT, arrival=INT64, intended_us=INT64, dispatched_us=INT64, sent_us=INT64, latency_us=INT64,
    service_us=INT64, status=INT16, outcome=TEXT, error_code=TEXT, bytes=INT64, instance=TEXT, worker=TEXT,
)  # fmt: skip

HISTOGRAMS = _schema(
    scenario=TEXT, operation=TEXT, outcome=TEXT, interval_start_us=INT64, interval_s=FLOAT64, measure=TEXT, count=INT64, hdr=pa.binary(),
    overflow=INT64,
)  # fmt: skip

DELIVERIES = _schema(
    scenario=TEXT, id=TEXT, from_did=TEXT, to_did=TEXT, kind=TEXT, intended_us=INT64, acknowledged_us=INT64, received_us=INT64,
    received_by=TEXT, times=INT32, confirmed_us=INT64, in_time=pa.bool_(),
)  # fmt: skip

RESOURCES = _schema(
    time_us=INT64, role=TEXT, instance=TEXT, processes=INT32, rss_bytes=INT64, pss_bytes=INT64, hwm_bytes=INT64, cpu_s=FLOAT64,
    threads=INT32, fds=INT32, started_us=INT64, connections=INT32,
)  # fmt: skip


def write_part(path: Path, schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, their members in the schema's order, as one Parquet file.

    Raises:
        CannotWrite: the file system refuses.
    """
    columns = [pa.array(column, type=kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), buffer, compression="zstd")
    write_whole(path, buffer.getvalue())
