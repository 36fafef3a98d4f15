"""The summary on a terminal: a screen of 80 columns, no escape of a broker, no meaning in colour alone."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ainp_harness.judging.verdict import RunVerdict, Verdict
from reports import render_summary
from tests.reports import sample

REPORT = Path("runs/x/report.html")


def shown(verdict: RunVerdict, **options: object) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80, **options).print(render_summary(verdict, REPORT))  # type: ignore[arg-type]
    return stream.getvalue()


def test_a_passed_run_is_one_screen_of_80_columns() -> None:
    lines = shown(sample.verdict()).splitlines()

    assert len(lines) <= 30
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "report  runs/x/report.html"


@pytest.mark.parametrize(
    "wanted", ["✓ QUICK CHECK PASSED", "2.31 ms", "1.9–3.4", "< 500 ms", "… 19 deferred  make certify DEPTH=standard", "⊘ 4 out of reach"]
)
def test_it_says_what_was_shown_and_what_was_not(wanted: str) -> None:
    assert wanted in shown(sample.verdict())


def test_failures_stand_above_the_targets_with_their_reason() -> None:
    text = shown(sample.verdict(failed=True))

    assert (
        text.index("✕ failed AINP-PRF-001")
        < text.index("✕ failed AINP-SIG-003")
        < text.index("? not observed AINP-DSC-008")
        < text.index("measured")
    )
    assert "accepted with 202, although one byte" in text


def test_many_failures_are_counted_not_scrolled() -> None:
    verdict = sample.verdict(failed=True)
    many = tuple(replace(one, verdict=Verdict.FAIL, reason="x" * 5_000, findings=()) for one in verdict.requirements)

    text = shown(replace(verdict, requirements=many))

    assert len(text.splitlines()) < 90
    assert "more failed, in the report" in text


@pytest.mark.parametrize(
    "make",
    [
        lambda verdict: replace(verdict, headline=HOSTILE),
        lambda verdict: replace(verdict, notes=(HOSTILE,), next=(HOSTILE,)),
        lambda verdict: replace(verdict, requirements=(replace(verdict.requirements[0], verdict=Verdict.FAIL, reason=HOSTILE),)),
    ],
)
def test_a_brokers_escapes_and_markup_are_shown_as_text(make: Callable[[RunVerdict], RunVerdict]) -> None:
    text = shown(make(sample.verdict(failed=True)))

    assert not set("\x1b\x07\x9b\u202e") & set(text)
    assert "\\x1b]8;;http" in text
    assert "[bold red]" in text


HOSTILE = "a\x1b]8;;http\x07 [bold red]b[/] \x9b2J \u202e c"


def test_without_colour_nothing_but_text_is_written() -> None:
    assert "\x1b" not in shown(sample.verdict(failed=True), force_terminal=True, no_color=True, color_system=None)


def test_an_interrupted_run_says_so() -> None:
    verdict = sample.verdict()

    assert "did not come to its end (interrupted)" in shown(replace(verdict, run=replace(verdict.run, end_reason="interrupted")))
