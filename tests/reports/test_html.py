"""The page: self-contained, safe, complete, and in the order in which people need it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ainp_harness.judging.verdict import Verdict
from reports import write_reports
from reports.html import tone
from tests.reports import bundles, sample
from tests.reports.pages import Page


@pytest.fixture(params=["passed", "failed"])
def html(request: pytest.FixtureRequest) -> str:
    bundle: Path = request.getfixturevalue(request.param)
    return (bundle / "report.html").read_text()


def test_nothing_is_loaded_and_nothing_runs(html: str) -> None:
    page = Page(html)

    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert all(link.startswith("#") for link in page.links)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "url(http" not in html
    assert "@import" not in html


def test_only_the_one_style_element_carries_styles(html: str) -> None:
    assert html.count("<style") == 1
    assert "style" not in Page(html).attributes


def test_every_link_leads_somewhere_and_ids_are_unique(html: str) -> None:
    page = Page(html)

    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert {"AINP-SIG-010", "target-AINP-PRF-001"} <= set(page.ids)


def test_it_is_drawn_for_dark_light_paper_and_phones(html: str) -> None:
    for wanted in ("prefers-color-scheme:dark", "@media print", "max-width:760px"):
        assert wanted in html
    assert '<meta name="viewport"' in html


def test_charts_have_titles_and_words_and_leave_text_as_text(html: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)

    assert len(figures) == 8
    assert all("<figcaption>" in one and "<h3>" in one and "aria-label=" in one for one in figures)
    assert all("<text" in one for one in figures)
    assert re.search(r">0\.0\d ms</text>", figures[-1]), "small numbers keep their digits"
    assert "<metadata" not in html


def test_failures_come_before_everything_else(failed: Path) -> None:
    text = (failed / "report.html").read_text()

    assert text.index('id="problem-AINP-PRF-001"') < text.index('id="problem-AINP-SIG-003"') < text.index('id="problem-AINP-HLT-007"')
    assert text.index('id="problem-AINP-HLT-007"') < text.index('id="targets"') < text.index('id="requirements"')


def test_a_failure_says_what_was_expected_and_what_came(failed: Path) -> None:
    text = Page((failed / "report.html").read_text()).text

    assert "refused, codes INVALID_SIGNATURE, status 401" in text
    assert "accepted with 202, although one byte of the payload was changed after signing" in text
    assert "3 of 3 attempts failed" in text
    assert "curl -i -X POST http://127.0.0.1:41873/api/v1/intents" in text


def test_a_brokers_markup_is_shown_as_text(failed: Path) -> None:
    raw = (failed / "report.html").read_text()

    assert "<script" not in raw
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in raw
    assert "\x1b" not in raw


def test_a_verdict_is_never_shown_by_colour_alone(failed: Path) -> None:
    text = Page((failed / "report.html").read_text()).text

    for wanted in (
        "✕ failed",
        "? not observed",
        "≠ disputed",
        "! warning",
        "~ waived",
        "✓ passed",
        "… deferred",
        "⊘ out of reach",
        "– not applicable",
    ):
        assert wanted in text


def test_what_lies_outside_is_listed_with_what_would_show_it(passed: Path) -> None:
    text = Page((passed / "report.html").read_text()).text

    assert "make certify DEPTH=standard 19 requirements" in text
    assert "needs --target docker 1 requirement: AINP-SEC-008" in text
    assert "3 requirements of phase-0.3 without a probe in this version." in text


def test_the_environment_and_how_to_judge_again(passed: Path) -> None:
    text = Page((passed / "report.html").read_text()).text

    for wanted in ("b0d2f6a1c47e4d11", "sha256:" + "ab" * 32, "AMD EPYC 7B13", f"ainp-harness judge runs/{passed.name}"):
        assert wanted in text


def test_an_erratum_and_a_stale_waiver_are_named(tmp_path: Path) -> None:
    verdict = sample.verdict()
    first, second, *rest = verdict.requirements
    noted = replace(first, erratum="ERRATUM-04"), replace(second, waiver="W-1 is stale: what it waives passes")

    write_reports(replace(verdict, requirements=(*noted, *rest)), bundles.write_bundle(tmp_path, load=False))

    text = Page((tmp_path / "report.html").read_text()).text
    assert "ERRATUM-04" in text
    assert "AINP-HLT-002: waiver W-1 is stale: what it waives passes." in text


def test_a_run_that_did_not_pass_without_a_failure_is_unsure_not_bad() -> None:
    verdict = replace(sample.verdict(), passed=False, exit_code=1)

    assert tone(verdict) == "unsure"
    assert tone(replace(verdict, counts={Verdict.FAIL: 1})) == "bad"
