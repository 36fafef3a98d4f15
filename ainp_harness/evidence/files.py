"""Writing files that a killed run leaves readable: lines appended and flushed, whole files written beside and renamed."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson


class EvidenceError(Exception):
    """Evidence cannot be written or read: where, what happened, and what to do."""

    def __init__(self, path: Path, what: str, todo: str) -> None:
        super().__init__(f"{path}: {what}. {todo}")
        self.path = path


class CannotWrite(EvidenceError):
    """The bundle cannot be written: the disk is full, or the folder not ours."""


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """The error for a failed write, with what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CannotWrite(
            path, "the disk is full", "Free some space, or give another folder with --out; what was written so far stays readable"
        )
    return CannotWrite(path, f"cannot be written ({error.strerror or error})", "Give a folder that you may write to with --out")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place and rename it there.

    Raises:
        CannotWrite: the file system refuses.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


class LineWriter:
    """Appends JSON lines, each flushed to the file system whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("ab", buffering=0)
        except OSError as error:
            raise cannot_write(path, error) from error

    def write(self, value: Any) -> None:
        """Append one line.

        Raises:
            CannotWrite: the file system refuses.
        """
        try:
            line = orjson.dumps(value) + b"\n"
            written = self._file.write(line)
            if written != len(line):
                self._file.truncate(self._file.tell() - (written or 0))  # a cut line in the middle would damage what comes after it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
