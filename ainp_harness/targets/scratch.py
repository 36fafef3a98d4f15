"""The private directory of one running target: short enough for unix sockets, 0700, removed at the end. Directories that dead runs left
behind are removed at the next start; a living run holds a lock on its own, which the kernel drops however the run dies."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ainp_harness.targets.errors import DiskFull, TargetError

PREFIX = "ainp-"
LOCK = "owner"
SOCKET_PATH_LIMIT = 103  # sun_path is 104 bytes on macOS and 108 on Linux, with the closing zero
LONGEST_SOCKET = "/postgres/.s.PGSQL.5432"
NEEDED_MB = 150  # a new database is 40 MB, its write-ahead log and JetStream's files grow beyond that
ELSEWHERE = (Path("/tmp"), Path("/var/tmp"))
UNLOCKED_GRACE_S = 60.0


class Scratch:
    """One private directory. `user` is who the servers run as, and who owns it (None: ourselves)."""

    def __init__(self, *, user: str | None = None) -> None:
        self._account = pwd.getpwnam(user) if user else None
        parent = self._choose_parent()
        _remove_leftovers(parent, {os.geteuid(), *([self._account.pw_uid] if self._account else [])})
        _require_space(parent)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        try:
            self._lock = self._take_lock()
            self.give(self.path)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def folder(self, name: str) -> Path:
        """A new 0700 folder inside, owned by the servers' user."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Hand a path over to the servers' user."""
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def remove(self) -> None:
        # What cannot be removed now (a process that is slow to die still writes) is removed at the next start.
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def _take_lock(self) -> int:
        """Locked first and named second: nobody ever sees the file of a living run unlocked."""
        unnamed = self.path / f".{LOCK}"
        descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, f"{os.getpid()}\n".encode())  # for people who look
        unnamed.rename(self.path / LOCK)
        return descriptor

    def _choose_parent(self) -> Path:
        wished = Path(tempfile.gettempdir()).resolve()
        for parent in (wished, *ELSEWHERE):
            short = len(str(parent)) + len(f"/{PREFIX}12345678{LONGEST_SOCKET}") <= SOCKET_PATH_LIMIT
            if short and os.access(parent, os.W_OK | os.X_OK) and (self._account is None or searchable(parent, self._account)):
                return parent
        raise TargetError(
            "no temporary folder is usable for the servers' sockets",
            where=str(wished),
            todo="Set TMPDIR to a folder with a path of under 60 characters which "
            + (f"the user {self._account.pw_name!r} may enter." if self._account else "you may write to."),
        )


def searchable(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether the user may enter `path` and every folder above it, by permission bits."""
    for folder in (path, *path.parents):
        status = folder.stat()
        if status.st_uid == account.pw_uid:
            needed = stat.S_IXUSR
        elif status.st_gid == account.pw_gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _require_space(parent: Path) -> None:
    free_mb = shutil.disk_usage(parent).free // 2**20
    if free_mb < NEEDED_MB:
        raise DiskFull(parent, free_mb=free_mb, needed_mb=NEEDED_MB)


def _remove_leftovers(parent: Path, owners: set[int]) -> None:
    for directory in _ours(parent, owners):
        lock = _lock_if_abandoned(directory)
        if lock is not None:
            shutil.rmtree(directory, ignore_errors=True)
            os.close(lock)


def _ours(parent: Path, owners: set[int]) -> Iterator[Path]:
    for directory in parent.glob(f"{PREFIX}????????"):
        try:
            status = directory.lstat()
        except FileNotFoundError:  # another run removes it at this moment
            continue
        if stat.S_ISDIR(status.st_mode) and status.st_uid in owners:
            yield directory


def _lock_if_abandoned(directory: Path) -> int | None:
    """A lock on the directory's owner file when no living run has it, else None."""
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return _lock_on_unfinished(directory)
    except OSError:  # not a file of ours: leave it alone
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _lock_on_unfinished(directory: Path) -> int | None:
    """A run that died between making its directory and locking it; a living one needs no minute for that."""
    try:
        age_s = time.time() - directory.stat().st_mtime
        return os.open(directory, os.O_RDONLY) if age_s > UNLOCKED_GRACE_S else None
    except FileNotFoundError:
        return None
