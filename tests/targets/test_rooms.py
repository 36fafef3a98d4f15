"""The root rooms are found in a clone and in a wheel, and children see them whatever the current folder holds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ainp_harness
from ainp_harness.targets import TargetError, clean_environment, rooms_dir


def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = folder / "ainp_harness"
    made.mkdir()
    monkeypatch.setattr(ainp_harness, "__file__", str(made / "__init__.py"))
    return made


def test_in_a_clone_they_are_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch)
    (tmp_path / "reference_broker").mkdir()

    assert rooms_dir() == tmp_path


def test_in_a_wheel_they_are_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = package(tmp_path, monkeypatch) / "_rooms"
    (rooms / "reference_broker").mkdir(parents=True)
    (tmp_path / "reference_broker").mkdir()  # somebody else's, in site-packages

    assert rooms_dir() == rooms


def test_an_incomplete_installation_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch)

    with pytest.raises(TargetError, match="install it again"):
        rooms_dir()


def test_a_package_in_the_current_folder_does_not_hide_a_room(tmp_path: Path) -> None:
    hostile = tmp_path / "reference_broker"
    hostile.mkdir()
    (hostile / "__init__.py").write_text("raise SystemExit('hostile')")
    find = "import importlib.util; print(importlib.util.find_spec('reference_broker').submodule_search_locations[0])"

    found = subprocess.run(
        [sys.executable, "-P", "-c", find], cwd=tmp_path, env=clean_environment({}), capture_output=True, text=True, timeout=30
    )

    assert Path(found.stdout.strip()) == rooms_dir() / "reference_broker", found.stderr


def test_the_environment_holds_the_system_the_rooms_and_the_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://the-users-own")
    monkeypatch.setenv("PYTHONSTARTUP", "x.py")
    monkeypatch.setenv("LC_TIME", "C")

    environment = clean_environment({"PORT": "1"}, first_on_path=[Path("/first")])

    assert environment["PATH"] == os.environ["PATH"]
    assert environment["LC_TIME"] == "C"
    assert environment["PORT"] == "1"
    assert environment["PYTHONPATH"].split(os.pathsep) == ["/first", str(rooms_dir())]
    assert not {"REDIS_URL", "PYTHONSTARTUP"} & set(environment)
