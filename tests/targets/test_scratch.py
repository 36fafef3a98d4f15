"""The private directory is private and short, goes away, and never takes a living run's with it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ainp_harness.targets import scratch
from ainp_harness.targets.errors import DiskFull, TargetError
from ainp_harness.targets.scratch import Scratch

HOLDER = "from ainp_harness.targets.scratch import Scratch; import time; print(Scratch().path, flush=True); time.sleep(600)"


def another_run(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    environment = {**os.environ, "TMPDIR": str(temporary)}
    run = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True, env=environment, cwd=Path(__file__).parents[2]
    )
    assert run.stdout
    return run, Path(run.stdout.readline().strip())


def test_it_is_closed_to_others_short_and_removed(temporary: Path) -> None:
    ours = Scratch()

    assert ours.path.parent == temporary
    assert ours.path.stat().st_mode & 0o777 == 0o700
    assert len(f"{ours.path}{scratch.LONGEST_SOCKET}") < 104
    ours.remove()
    assert not list(temporary.iterdir())


def test_what_a_killed_run_left_is_removed_and_a_living_run_keeps_its_own(temporary: Path) -> None:
    dead, left_over = another_run(temporary)
    living, in_use = another_run(temporary)
    with dead, living:
        dead.kill()
        dead.wait()
        assert left_over.exists()

        Scratch().remove()

        assert not left_over.exists()
        assert in_use.exists()
        living.kill()


def test_a_second_one_of_the_same_process_leaves_the_first_alone(temporary: Path) -> None:
    first, second = Scratch(), Scratch()

    assert first.path.exists()
    first.remove()
    second.remove()


@pytest.mark.parametrize(("age_s", "stays"), [(0, True), (3600, False)])
def test_an_unlocked_one_is_given_a_minute(temporary: Path, age_s: int, stays: bool) -> None:
    unfinished = temporary / f"{scratch.PREFIX}12345678"
    unfinished.mkdir()
    os.utime(unfinished, (time.time() - age_s,) * 2)

    Scratch().remove()

    assert unfinished.exists() == stays


def test_what_only_looks_like_one_is_left_alone(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (temporary / f"{scratch.PREFIX}abcdefgh").symlink_to(elsewhere)
    with_pipe = temporary / f"{scratch.PREFIX}87654321"
    with_pipe.mkdir()
    (with_pipe / scratch.LOCK).symlink_to(elsewhere)

    Scratch().remove()

    assert elsewhere.exists()
    assert with_pipe.exists()


def test_a_full_disk_is_said_before_anything_is_written(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(temporary)._replace(free=20 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(DiskFull, match="20 MB free, 150 MB needed") as raised:
        Scratch()

    assert "TMPDIR" in raised.value.todo
    assert not list(temporary.iterdir())


def test_a_temporary_folder_too_deep_for_sockets_is_passed_over(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = temporary / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setattr(scratch, "ELSEWHERE", (temporary,))

    ours = Scratch()

    assert ours.path.parent == temporary
    ours.remove()


def test_no_usable_temporary_folder_is_an_error_that_says_what_to_do(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = temporary / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setattr(scratch, "ELSEWHERE", ())

    with pytest.raises(TargetError, match="Set TMPDIR to a folder with a path of under 60 characters"):
        Scratch()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root serves as another user")
def test_a_folder_the_servers_user_cannot_enter_is_passed_over(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = temporary / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    monkeypatch.setattr(scratch, "ELSEWHERE", (temporary,))

    ours = Scratch(user="nobody")

    assert ours.path.parent == temporary
    ours.remove()
