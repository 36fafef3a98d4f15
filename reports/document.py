"""Writes a run's reports into its bundle: verdict.json, report.html, report.md and junit.xml.

Each is written beside and renamed, so that a reader never sees half of one. The verdict is written first: the pages can be made
from it again.
"""

from __future__ import annotations

import os
from pathlib import Path

from ainp_harness.judging.verdict import RunVerdict
from reports.html import render_html
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.problems import wanted_exchanges
from reports.reading import read_evidence
from reports.verdict_json import verdict_to_json
from reports.view import build_view


def write_reports(verdict: RunVerdict, bundle_dir: Path, into: Path | None = None) -> list[Path]:
    """The files written, into the bundle or another folder, the page for people second. Raises OSError where they cannot be written."""
    folder = into or bundle_dir
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder / "verdict.json", verdict_to_json(verdict))]
    evidence = read_evidence(bundle_dir, wanted_exchanges(verdict))
    view = build_view(verdict, evidence)
    name = bundle_dir.resolve().name
    written.append(_write(folder / "report.html", render_html(view, evidence, name)))
    written.append(_write(folder / "report.md", render_markdown(view, evidence, name)))
    written.append(_write(folder / "junit.xml", render_junit(view)))
    return written


def _write(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
