"""Where the root rooms (conformance, loadtests, reports, reference_broker) are, in a clone and in a wheel, and the clean
environment their child processes run in. A child gets these rooms by PYTHONPATH and `python -P`, never by way of the current folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import ainp_harness
from ainp_harness.targets.errors import TargetError

ROOMS_IN_WHEEL = "_rooms"
# What any program needs to run at all. Nothing else gets in: a DATABASE_URL of the user's shell must not reach a broker under test.
KEPT_OF_PERSON = frozenset({"HOME", "USER", "LOGNAME", "SHELL", "TZ", "LANG", "LANGUAGE", "TERM"})
KEPT_OF_SYSTEM = frozenset({"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"})
KEPT = KEPT_OF_PERSON | KEPT_OF_SYSTEM
KEPT_PREFIXES = ("LC_",)


def rooms_dir() -> Path:
    """The folder that holds the packages `reference_broker`, `conformance`, `loadtests` and `reports`."""
    package = Path(ainp_harness.__file__).resolve().parent
    for folder in (package / ROOMS_IN_WHEEL, package.parent):
        if (folder / "reference_broker").is_dir():
            return folder
    raise TargetError("the rooms of the harness are missing", where=str(package), todo="The installation is incomplete: install it again.")


def clean_environment(settings: Mapping[str, str], *, first_on_path: Sequence[Path] = ()) -> dict[str, str]:
    """The environment of a child that runs code of the rooms: the system's variables, PYTHONPATH, and exactly these settings."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    path = os.pathsep.join(str(folder) for folder in (*first_on_path, rooms_dir()))
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **settings}
