"""JUnit: what CI systems make red, skip and show."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ainp_harness.judging.verdict import RunVerdict, Verdict
from ainp_harness.promises.vocabulary import Level
from reports.junit import render_junit
from reports.reading import Evidence
from reports.view import build_view
from tests.reports import sample


def suite_of(verdict: RunVerdict) -> ElementTree.Element:
    root = ElementTree.fromstring(render_junit(build_view(verdict, Evidence())))
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


def children(suite: ElementTree.Element, identifier: str, classname: str) -> list[str]:
    (case,) = [
        one for one in suite.findall("testcase") if one.get("name", "").startswith(identifier + " ") and one.get("classname") == classname
    ]
    return [child.tag for child in case]


def test_there_is_a_case_for_each_requirement_and_target(failed: Path) -> None:
    verdict = sample.verdict(failed=True)
    suite = ElementTree.parse(failed / "junit.xml").getroot()[0]

    assert len(suite.findall("testcase")) == len(verdict.requirements) + len(verdict.targets) == int(suite.get("tests", 0))
    for name, path in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name, -1)) == len(suite.findall(f"testcase/{path}"))


def test_properties_place_the_run(failed: Path) -> None:
    suite = ElementTree.parse(failed / "junit.xml").getroot()[0]

    known = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
    assert (known["profile"], known["depth"], known["target"]) == ("phase-0.3", "quick", "embedded")
    assert str(known["headline"]).startswith("QUICK CHECK FAILED")


@pytest.mark.parametrize(
    ("identifier", "classname", "expected"),
    [
        ("AINP-SIG-003", "signature", ["failure"]),
        ("AINP-PRF-001", "targets", ["failure"]),
        ("AINP-ENV-004", "envelope", ["failure"]),
        ("AINP-DSC-008", "discovery", ["error"]),
        ("AINP-HLT-007", "health", ["system-out"]),
        ("AINP-WSK-002", "websocket", ["skipped"]),
        ("AINP-NEG-010", "negotiation", ["skipped"]),
        ("AINP-PRF-006", "targets", ["skipped"]),
        ("AINP-SIG-010", "signature", []),
    ],
)
def test_each_verdict_has_its_place(identifier: str, classname: str, expected: list[str]) -> None:
    assert children(suite_of(sample.verdict(failed=True)), identifier, classname) == expected


def test_a_passed_run_has_nothing_red() -> None:
    suite = suite_of(sample.verdict())

    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")


@pytest.mark.parametrize("kind", [Verdict.NOT_OBSERVED, Verdict.INVALID, Verdict.DISPUTED, Verdict.WARN])
def test_a_should_is_never_red(kind: Verdict) -> None:
    verdict = sample.verdict()
    first = replace(verdict.requirements[0], level=Level.SHOULD, verdict=kind)

    suite = suite_of(replace(verdict, requirements=(first,)))

    assert not suite.findall("testcase/failure") + suite.findall("testcase/error")


def test_a_run_that_ended_badly_without_a_failure_is_red_all_the_same() -> None:
    suite = suite_of(replace(sample.verdict(), passed=False, exit_code=130))

    assert [case.get("name") for case in suite.findall("testcase") if case.find("error") is not None] == ["The run as a whole"]


def test_characters_that_xml_forbids_are_shown_as_escapes() -> None:
    verdict = sample.verdict(failed=True)
    hostile = replace(verdict.requirements[0], verdict=Verdict.FAIL, reason="\x00\x1b[31m ]]> </failure> \ud800 \ufffe", statement="a\x08b")

    (case,) = suite_of(replace(verdict, requirements=(hostile,), targets=())).findall("testcase")

    assert str(case.find("failure").get("message")) == "FAIL: \\x00\\x1b[31m ]]> </failure> \\ud800 \\ufffe"  # type: ignore[union-attr]
    assert "a\\x08b" in str(case.get("name"))
