"""Writing reports: always all four, the same bytes for the same bundle, and whatever state the bundle is in."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ainp_harness.judging.verdict import Finding, RunVerdict, Verdict
from reports import load_verdict, write_reports
from tests.reports import bundles, sample
from tests.reports.pages import Page

NAMES = ["verdict.json", "report.html", "report.md", "junit.xml"]
NASTY = "<img src=x onerror=alert(1)> [a](http://evil) | @team `x` \x1b]8;;http://evil\x07 \u202e \ud800 ]]> \x00 {{ 7*7 }} $x^2$ "


def test_all_reports_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    bundle = bundles.write_bundle(tmp_path)
    before = {path.name for path in bundle.iterdir()}

    written = write_reports(sample.verdict(), bundle)

    assert [path.name for path in written] == NAMES
    assert {path.name for path in bundle.iterdir()} - before == set(NAMES)


def test_the_same_bundle_gives_the_same_bytes(failed: Path) -> None:
    before = [(failed / name).read_bytes() for name in NAMES]

    write_reports(load_verdict(failed), failed)

    assert [(failed / name).read_bytes() for name in NAMES] == before


def _without_load(folder: Path) -> None:
    bundles.write_bundle(folder, load=False)


def _interrupted(folder: Path) -> None:
    bundles.write_bundle(folder, ended=False)
    lines = (folder / "exchanges" / "c0.jsonl").read_text()
    (folder / "exchanges" / "c0.jsonl").write_text(lines[:-40])


def _empty(folder: Path) -> None:
    folder.mkdir(exist_ok=True)


def _damaged(folder: Path) -> None:
    bundles.write_bundle(folder)
    (folder / "samples" / "part-00002.parquet").write_bytes(b"PAR1 not really")
    (folder / "load.json").write_text("[1, 2")
    (folder / "run.json").write_text('{"plan": [], "digest": 7}')
    (folder / "exchanges" / "c1.jsonl").write_bytes(
        b'\xff\xfe\n[1]\n{"id": 7}\n{"id": "c0-1", "request": [], "response": "x", "frames": {}}\n' + b"[" * 100_000 + b"\n"
    )
    (folder / "expectations" / "c1.jsonl").write_text('{"type": "statement", "exchanges": [["a"]]}\n{"type": "statement"}\n')
    (folder / "resources" / "part-00000.parquet").unlink()


@pytest.mark.parametrize("state", [_without_load, _interrupted, _empty, _damaged])
@pytest.mark.parametrize("failed", [False, True])
def test_every_state_of_a_bundle_gives_a_report(tmp_path: Path, state: Callable[[Path], None], failed: bool) -> None:
    state(tmp_path)

    write_reports(sample.verdict(failed=failed), tmp_path)

    page = Page((tmp_path / "report.html").read_text())
    assert "AINP-SIG-010" in page.text


def test_a_run_without_load_says_that_nothing_was_measured(tmp_path: Path) -> None:
    _without_load(tmp_path)
    write_reports(sample.verdict(), tmp_path)

    text = (tmp_path / "report.html").read_text()
    assert "No load was run" in text
    assert "<figure" not in text


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    _interrupted(tmp_path)
    verdict = sample.verdict()

    write_reports(replace(verdict, passed=False, exit_code=130, run=replace(verdict.run, end_reason=None, ended_ms=None)), tmp_path)

    for name in ("report.html", "report.md"):
        assert "left no ending: it was killed or is still running" in (tmp_path / name).read_text()
    assert "1 unreadable line left out" in (tmp_path / "report.html").read_text()


def test_what_could_not_be_read_is_named(tmp_path: Path) -> None:
    _damaged(tmp_path)
    write_reports(sample.verdict(), tmp_path)

    text = Page((tmp_path / "report.html").read_text()).text
    assert "samples/part-00002.parquet could not be read" in text
    assert "load.json could not be read" in text


def _everything_failed() -> RunVerdict:
    verdict = sample.verdict(failed=True)
    broken = [
        replace(
            verdict.requirements[number % 100],
            id=f"AINP-XXX-{number:03d}",
            verdict=Verdict.FAIL,
            reason=NASTY * 200,
            findings=tuple(
                Finding(Verdict.FAIL, NASTY * 300, probe="p", expectation="refused", exchanges=tuple(f"big-{number}-{n}" for n in range(9)))
                for _ in range(9)
            ),
        )
        for number in range(200)
    ]
    return replace(verdict, requirements=tuple(broken), counts={Verdict.FAIL: 200}, notes=(NASTY * 50,) * 200, headline=NASTY)


def test_two_hundred_failures_with_huge_hostile_bodies_stay_a_page(tmp_path: Path) -> None:
    bundle = bundles.write_bundle(tmp_path, failed=True)
    body = json.dumps({"detail": NASTY * 1_000})
    example = bundles.exchanges()[0]
    bundles.write_lines(
        bundle / "exchanges" / "big.jsonl",
        [
            example
            | {
                "id": f"big-{number}-{n}",
                "response": {"status": 500, "headers": {NASTY: NASTY * 50}, "body": {"text": body}},
                "frames": [{"text": NASTY * 90}] * 50,
            }
            for number in range(45)
            for n in range(3)
        ],
    )

    write_reports(_everything_failed(), bundle)

    html = (bundle / "report.html").read_text()
    assert len(html.encode()) < 1_500_000
    assert "<img" not in html
    assert "onerror" not in Page(html).attributes
    assert "49" not in (bundle / "report.md").read_text().split("7*7")[0].splitlines()[0]
    assert len((bundle / "report.md").read_text()) < 65_536, "GitHub takes no longer comment"
    assert load_verdict(bundle).counts == {Verdict.FAIL: 200}


def test_a_failed_write_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = bundles.write_bundle(tmp_path, load=False)
    (bundle / "verdict.json").write_text("old")

    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_reports(sample.verdict(), bundle)

    assert (bundle / "verdict.json").read_bytes() == b"old"
    assert not list(bundle.glob(".*"))
