"""Judging a bundle for people: by each of its profiles, with reports for each and the worst of the exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ainp_harness.cli.exits import Exit
from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.files import cannot_write

if TYPE_CHECKING:
    from ainp_harness.judging.verdict import RunVerdict


def judged(folder: Path) -> tuple[RunVerdict, ...]:
    """Judge a bundle by each of its profiles and write the reports: of the first into the bundle itself, of others below it."""
    from ainp_harness.judging.judge import judge_all
    from reports import write_reports

    verdicts = judge_all(Bundle(folder))
    try:
        for number, verdict in enumerate(verdicts):
            write_reports(verdict, folder, into=reports_folder(folder, verdict, number))
    except OSError as error:
        raise cannot_write(folder, error) from error
    return verdicts


def reports_folder(folder: Path, verdict: RunVerdict, number: int) -> Path:
    """Where the reports of the n-th profile are."""
    return folder if number == 0 else folder / "profiles" / verdict.run.profile


def tell(verdicts: Sequence[RunVerdict], folder: Path, console: Console) -> None:
    """Print the summary by each profile."""
    from reports import render_summary

    for number, verdict in enumerate(verdicts):
        console.print(render_summary(verdict, reports_folder(folder, verdict, number) / "report.html"))


def worst_code(verdicts: Sequence[RunVerdict]) -> int:
    """The exit code over all profiles: a failure by one of them is not hidden by what another leaves open."""
    codes = {verdict.exit_code for verdict in verdicts}
    return next(code for code in (Exit.NOT_PASSED, Exit.OUR_FAULT, Exit.INVALID, Exit.PASSED) if code in codes)


def documents(verdicts: Sequence[RunVerdict], folder: Path) -> str:
    """What --json prints: verdict.json, or a list of one for each profile."""
    texts = [(reports_folder(folder, verdict, number) / "verdict.json").read_text() for number, verdict in enumerate(verdicts)]
    return texts[0] if len(texts) == 1 else "[" + ",\n".join(texts) + "]\n"
