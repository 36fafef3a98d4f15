"""The commands that a target's configuration names (migrate, backup, restore, mint): what they are called with, and what came of one."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ainp_harness.targets.errors import TargetError
from ainp_harness.targets.processes import start

MIGRATE_NAME, BACKUP_NAME, RESTORE_NAME, MINT_NAME = "migrate", "backup", "restore", "mint"
NAMES = (MIGRATE_NAME, BACKUP_NAME, RESTORE_NAME, MINT_NAME)
FILE = "{file}"
"""In a command's arguments: where the backup goes, or comes from."""

LABEL = "{label}"
"""And what the caller names: of mint the agent, by what follows did:key: in its DID."""

REFERENCE = {
    MIGRATE_NAME: (sys.executable, "-P", "-m", "reference_broker", "migrate"),
    BACKUP_NAME: (sys.executable, "-P", "-m", "reference_broker", "backup", FILE),
    RESTORE_NAME: (sys.executable, "-P", "-m", "reference_broker", "restore", FILE),
    MINT_NAME: (sys.executable, "-P", "-m", "reference_broker", "mint", f"did:key:{LABEL}", "100"),
}
"""Those of the reference broker. Settings come from the environment; restore writes into the DATABASE_URL that it finds there."""

OUTPUT_BYTES = 16_384


@dataclass(frozen=True)
class CommandRun:
    """What came of one. `code` None: it was not done within its time, and ended."""

    code: int | None
    output: str
    seconds: float


def filled(argv: Sequence[str], file: str, label: str = "") -> list[str]:
    """The arguments with the backup's place and the label in them."""
    return [argument.replace(FILE, file).replace(LABEL, label) for argument in argv]


def run_here(argv: Sequence[str], *, name: str, environment: Mapping[str, str], log: Path, deadline_s: float) -> CommandRun:
    """Run a command on this machine to its end, or to the deadline. Its output is appended to `log`, and its end given back."""
    before = log.stat().st_size if log.exists() else 0
    began = time.monotonic()
    child = start(argv, name=name, env=environment, log=log)
    try:
        code = child.wait(deadline_s)
    finally:
        child.stop()
    with log.open("rb") as file:
        file.seek(before)
        output = file.read()[-OUTPUT_BYTES:].decode("utf-8", errors="replace")
    return CommandRun(code, output, time.monotonic() - began)


def database_beside(url: str, name: str | None) -> str:
    """The same server and account with another database; the same URL without a name."""
    return url if name is None else urlsplit(url)._replace(path=f"/{name}").geturl()


def no_command(name: str, known: Sequence[str]) -> TargetError:
    """The error for a command that the target's configuration does not name."""
    return TargetError(
        f"the target's configuration names no command {name!r}",
        where="this target",
        todo=f"It names {', '.join(sorted(known)) or 'none'}; see docs/configuration.md, commands.",
    )
