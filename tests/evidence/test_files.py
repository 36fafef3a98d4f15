"""A full disk: told in words, and what was written before stays readable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.files import CannotWrite, LineWriter, write_whole

FULL = """
import resource, sys
from pathlib import Path
from ainp_harness.evidence.files import CannotWrite, write_whole
from ainp_harness.evidence.recorder import Recorder
from tests.evidence.recording import answered

folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
recorder = Recorder(folder, "c0")
try:
    for n in range(100):
        recorder.record(answered(f"c0-{n}", body=b"x" * 300))
except CannotWrite as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
recorder.record(answered("c0-last"))
recorder.close()
"""


def test_a_line_that_does_not_fit_is_told_and_damages_nothing(tmp_path: Path) -> None:
    """The file may not grow past 2,000 bytes; then there is room again, and recording goes on."""
    child = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=30)

    assert child.returncode == 0, child.stderr
    assert "c0.jsonl" in child.stdout
    bundle = Bundle(tmp_path)
    assert list(bundle.exchanges) == [*(f"c0-{n}" for n in range(len(bundle.exchanges) - 1)), "c0-last"]
    assert 2 < len(bundle.exchanges) < 10
    assert bundle.cut_lines == 0


@pytest.fixture
def full_disk(tmp_path: Path) -> Path:
    """A file system of 64 kB, which only root may mount."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting needs root")
    return place


@pytest.fixture(autouse=True)
def unmount(tmp_path: Path) -> object:
    yield None
    subprocess.run(["umount", str(tmp_path / "disk")], capture_output=True)


def test_a_full_disk_says_what_to_do(full_disk: Path) -> None:
    with LineWriter(full_disk / "lines.jsonl") as writer:
        writer.write({"small": 1})
        with pytest.raises(CannotWrite, match=r"lines\.jsonl: the disk is full\. Free some space, or give another folder with --out"):
            writer.write({"large": "x" * 200_000})
    assert (full_disk / "lines.jsonl").read_bytes() == b'{"small":1}\n'


def test_a_whole_file_is_there_whole_or_as_before(full_disk: Path) -> None:
    write_whole(full_disk / "end.json", b"{}")

    with pytest.raises(CannotWrite, match="the disk is full"):
        write_whole(full_disk / "end.json", b"x" * 200_000)
    assert (full_disk / "end.json").read_bytes() == b"{}"
    assert os.listdir(full_disk) == ["end.json"]  # noqa: PTH208


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for write in (lambda: LineWriter(tmp_path / "file" / "a.jsonl"), lambda: write_whole(tmp_path / "file" / "a.json", b"")):
        with pytest.raises(CannotWrite, match="cannot be written"):
            write()


def test_lines_are_appended_to_what_is_there(tmp_path: Path) -> None:
    for n in range(2):
        with LineWriter(tmp_path / "new" / "lines.jsonl") as writer:
            writer.write({"n": n})

    assert (tmp_path / "new" / "lines.jsonl").read_bytes() == b'{"n":0}\n{"n":1}\n'
