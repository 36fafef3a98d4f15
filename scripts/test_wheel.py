"""Build the wheel, install it in an empty folder with nothing of the repository in reach, and run a certification there.

`make test-wheel`. The folder holds a hostile package `reports` and a pytest.ini: neither may be found by the installed program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
UV = REPOSITORY / ".uv" / "bin" / "uv"
ROOMS = ("conformance", "loadtests", "reference_broker", "reports")


def run(*argv: str | Path, cwd: Path) -> None:
    print("$", " ".join(str(part) for part in argv), flush=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run([str(part) for part in argv], cwd=cwd, env=environment, check=True, timeout=600)


def check_contents(wheel: Path) -> None:
    """One top-level name, every room inside it, no tests."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"ainp_harness"}, f"the wheel owns {sorted(tops)}"
    for room in ROOMS:
        assert f"ainp_harness/_rooms/{room}/__init__.py" in names, f"{room} is missing"
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ainp-wheel-") as scratch:
        folder = Path(scratch)
        run(
            UV,
            "build",
            "--quiet",
            "--wheel",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "--out-dir",
            folder / "dist",
            REPOSITORY,
            cwd=folder,
        )
        (wheel,) = (folder / "dist").glob("*.whl")
        check_contents(wheel)
        venv = folder / "venv"
        run(UV, "venv", "--quiet", "--python", sys.executable, venv, cwd=folder)
        python = venv / "bin" / "python"
        run(UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", REPOSITORY / "requirements.lock", cwd=folder)
        run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel, cwd=folder)
        work = folder / "work"
        (work / "reports").mkdir(parents=True)
        (work / "reports" / "__init__.py").write_text("raise SystemExit('the folder of the user was imported')\n")
        (work / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
        run(venv / "bin" / "ainp-harness", "certify", cwd=work)
        (bundle,) = (work / "runs").iterdir()
        for name in ("run.json", "verdict.json", "report.html", "report.md", "junit.xml", "end.json"):
            assert (bundle / name).stat().st_size > 0, f"{name} is missing"
        run(venv / "bin" / "ainp-harness", "judge", bundle, cwd=work)
    print("wheel: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
