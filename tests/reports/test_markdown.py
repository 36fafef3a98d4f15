"""The comment on a pull request: short, complete, and deaf to markup in a broker's texts."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.markdown import code, text


def test_a_passed_run_fits_a_screen_and_says_what_it_is_worth(passed: Path) -> None:
    page = (passed / "report.md").read_text()

    assert page.startswith("## ✓ QUICK CHECK PASSED\n\nphase-0.3, embedded: 82 shown")
    assert "What needs attention" not in page
    assert page.count("<details>") == page.count("</details>") == 2


def test_failures_come_first_with_what_was_expected(failed: Path) -> None:
    page = (failed / "report.md").read_text()

    assert page.index("AINP-SIG-003") < page.index("### Targets")
    assert "  - expected `refused, codes INVALID_SIGNATURE, status 401`" in page
    assert "<script" not in page


def test_every_row_of_the_table_has_its_columns(failed: Path) -> None:
    rows = [line for line in (failed / "report.md").read_text().splitlines() if line.startswith("|")]

    assert len(rows) == 11
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


@pytest.mark.parametrize(
    "hostile",
    ["<b>x", "[a](b)", "![a](b)", "**a**", "a | b", "# a", "- a", "1. a", "> a", "~~a~~", "`a`", "a\n\n# b", "&lt;", "$a$", "a_b_c"],
)
def test_markup_is_written_as_text(hostile: str) -> None:
    shown = text(hostile)

    assert not re.search(r"[<>\[\]*|~`$_\n]", shown)
    assert not re.match(r"[-+#]|\d+[.)] ", shown)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("@team", "@\u2060team"),
        ("http://evil", "http:\u2060//evil"),
        ("www.evil.com", "www\u2060.evil.com"),
        ("a@b.c", "a\u2060@\u2060b.c"),
    ],
)
def test_nothing_becomes_a_link_or_a_mention(hostile: str, shown: str) -> None:
    assert text(hostile) == shown


@given(st.text())
def test_a_code_span_is_closed_by_its_own_fence_alone(value: str) -> None:
    span = code(value)
    fence = re.match("`+", span).group()  # type: ignore[union-attr]

    assert span.endswith(fence)
    assert "\n" not in span
    assert len(fence) not in {len(run) for run in re.findall("`+", span[len(fence) : -len(fence)])}
