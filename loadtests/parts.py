"""Parquet parts of the bundle: rows collected in memory, written every few seconds, each part whole beside its place and renamed.

Writing happens in a thread of gevent's pool: the loop must not stand still for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gevent
import pyarrow as pa

from ainp_harness.evidence.tables import write_part


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
            gevent.get_hub().threadpool.apply(write_part, (path, self._schema, rows))
        else:
            write_part(path, self._schema, rows)
