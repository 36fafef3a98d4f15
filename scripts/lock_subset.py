"""Prints the part of `requirements.lock` that some packages need: `lock_subset.py fastapi asyncpg < requirements.lock`. Versions and
hashes stay as they are; what a package needs is read from the lock's own `# via` notes. Standard library only: image builds run it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

START = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==")
NOTE = re.compile(r"^\s+#\s+(?:via\s+)?(\S+)")


@dataclass
class Entry:
    """One pinned version: its lines as they are, and who asked for it. A package may have several, told apart by markers."""

    name: str
    lines: list[str] = field(default_factory=list)
    asked_by: set[str] = field(default_factory=set)


def parse(lock: Iterable[str]) -> Iterator[Entry]:
    entry: Entry | None = None
    for line in lock:
        if start := START.match(line):
            if entry is not None:
                yield entry
            entry = Entry(start[1])
        if entry is None:
            continue
        entry.lines.append(line)
        note = NOTE.match(line)
        if note and note[1] != "via":
            entry.asked_by.add(note[1])
    if entry is not None:
        yield entry


def subset(entries: list[Entry], wanted: Iterable[str]) -> list[Entry]:
    """The entries that `wanted` need, directly or not, in the lock's order. Raises KeyError for a package the lock does not have."""
    needed = set(wanted)
    if missing := needed - {entry.name for entry in entries}:
        raise KeyError(", ".join(sorted(missing)))
    while True:
        more = {entry.name for entry in entries if entry.name not in needed and entry.asked_by & needed}
        if not more:
            return [entry for entry in entries if entry.name in needed]
        needed |= more


def main(wanted: list[str]) -> int:
    if not wanted:
        print("usage: lock_subset.py PACKAGE... < requirements.lock", file=sys.stderr)
        return 2
    try:
        chosen = subset(list(parse(sys.stdin)), wanted)
    except KeyError as error:
        print(f"lock_subset.py: the lock has no {error.args[0]}", file=sys.stderr)
        return 1
    for entry in chosen:
        sys.stdout.writelines(entry.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
