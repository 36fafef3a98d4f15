"""Fixtures of the target tests: real servers, and a stand-in for the broker where the broker itself is not the point."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ainp_harness.targets import EmbeddedOptions, EmbeddedTarget

STANDIN = (sys.executable, "-P", str(Path(__file__).with_name("standin.py")))


def lives(pid: int) -> bool:
    """Zombies don't count: in a container nobody may reap them."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(holds: Callable[[], bool], *, deadline_s: float = 15.0) -> bool:
    deadline = time.monotonic() + deadline_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A TMPDIR of the test's own, short as the system's is."""
    folder = Path(tempfile.mkdtemp(prefix="t"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    """A started target with the stand-in, shared by a module: every test leaves it whole."""
    with EmbeddedTarget(tmp_path_factory.mktemp("logs"), EmbeddedOptions(broker_command=STANDIN, settings={"EXTRA": "given"})) as target:
        yield target
