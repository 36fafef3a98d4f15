"""From statements to verdicts: controls, attempts, interruptions, merging; and live judging equals judging again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.judging.findings import evaluate_statements, findings_of
from ainp_harness.judging.judge import judge
from ainp_harness.judging.verdict import MERGE_ORDER, RequirementVerdict, RunVerdict, Verdict, merge
from tests.judging.evidence import ACCEPTED, CONTEXT, PROMISES, REFUSED, Attempt, Said, control, error, exchange, unanswered, write

CODES = {"codes": ["DUPLICATE_INTENT"]}


def claim(*exchanges: Any, **params: Any) -> Said:
    return Said("refused", exchanges or (REFUSED,), params or CODES)


def of(verdict: RunVerdict, identifier: str = "AINP-RPL-002") -> RequirementVerdict:
    return next(requirement for requirement in verdict.requirements if requirement.id == identifier)


def judged(folder: Path, *attempts: Attempt, **changes: Any) -> RunVerdict:
    return judge(write(folder / "run", attempts, **changes), PROMISES)


def test_a_refusal_between_two_controls_passes(tmp_path: Path) -> None:
    verdict = judged(tmp_path, Attempt([control(ACCEPTED), claim(), control(ACCEPTED)]))

    assert (of(verdict).verdict, of(verdict).reason, of(verdict).failed_attempts) == (Verdict.PASS, "", 0)


def test_a_failed_control_proves_nothing_and_fails_its_own_requirement(tmp_path: Path) -> None:
    """A broker that refuses everything must not look perfect to a suite of refusals."""
    verdict = judged(tmp_path, Attempt([control(ACCEPTED), claim(), control(error(400, "INVALID_ENVELOPE"))], "not_shown"))

    assert of(verdict).verdict is Verdict.NOT_OBSERVED
    assert "the control failed, so this proves nothing" in of(verdict).reason
    assert of(verdict, "AINP-INT-001").verdict is Verdict.FAIL


def test_a_control_that_could_not_be_shown_fails_nobody(tmp_path: Path) -> None:
    verdict = judged(tmp_path, Attempt([control(error(429)), claim()]))

    assert of(verdict).verdict is Verdict.NOT_OBSERVED
    assert of(verdict, "AINP-INT-001").verdict is Verdict.NOT_OBSERVED


def test_a_broken_claim_stays_broken_whatever_its_controls_did(tmp_path: Path) -> None:
    verdict = judged(tmp_path, Attempt([claim(ACCEPTED), control(error(400, "INVALID_ENVELOPE"))], "broken"))

    assert of(verdict).verdict is Verdict.FAIL


def test_one_failed_attempt_of_three_is_a_failure(tmp_path: Path) -> None:
    attempts = [Attempt([claim(ACCEPTED)], "broken", number=1), *(Attempt([claim()], number=number) for number in (2, 3))]
    verdict = of(judged(tmp_path, *attempts))

    assert verdict.verdict is Verdict.FAIL
    assert verdict.reason.endswith("(1 of 3 attempts failed)")
    assert verdict.failed_attempts == 1


def test_an_interrupted_probe_shows_nothing(tmp_path: Path) -> None:
    verdict = of(judged(tmp_path, Attempt([claim()], outcome=None), end=None))

    assert (verdict.verdict, verdict.reason) == (Verdict.NOT_OBSERVED, "the probe was interrupted")


def test_a_probe_that_was_left_out_says_nothing(tmp_path: Path) -> None:
    verdict = of(judged(tmp_path, Attempt([], "left_out")), "AINP-RPL-002")

    assert verdict.verdict is Verdict.NOT_OBSERVED
    assert of(judged(tmp_path / "2", Attempt([], "left_out"), Attempt([claim()], probe="q"))).verdict is Verdict.PASS


def test_where_no_probe_ran_nothing_is_observed(tmp_path: Path) -> None:
    verdict = of(judged(tmp_path), "AINP-RPL-006")

    assert (verdict.verdict, verdict.reason, verdict.findings) == (Verdict.NOT_OBSERVED, "no probe ran", ())


def test_a_probe_that_stated_nothing_shows_nothing(tmp_path: Path) -> None:
    assert "stated nothing" in of(judged(tmp_path, Attempt([]))).reason


def test_a_probes_own_fault_is_not_the_brokers(tmp_path: Path) -> None:
    verdict = of(judged(tmp_path, Attempt([claim()], "error", message="the probe itself failed: KeyError")))

    assert (verdict.verdict, verdict.reason) == (Verdict.NOT_OBSERVED, "the probe itself failed: KeyError")


def test_a_claim_speaks_for_its_own_requirements(tmp_path: Path) -> None:
    both = ("AINP-RPL-002", "AINP-RPL-001")
    first = Said("refused", [REFUSED], CODES, requirements=("AINP-RPL-002",))
    second = Said("refused", [ACCEPTED], CODES, requirements=("AINP-RPL-001",))
    verdict = judged(tmp_path, Attempt([first, second], "broken", requirements=both, message="m"))

    assert of(verdict, "AINP-RPL-001").verdict is Verdict.FAIL
    assert of(verdict, "AINP-RPL-002").verdict is Verdict.NOT_OBSERVED, "the attempt did not come to its end"


def test_a_should_that_is_broken_warns(tmp_path: Path) -> None:
    said = Said("refused", [ACCEPTED], requirements=("AINP-LIM-005",))
    verdict = judged(tmp_path, Attempt([said], "broken", requirements=("AINP-LIM-005",)))

    assert of(verdict, "AINP-LIM-005").verdict is Verdict.WARN


DISPUTE = {
    "erratum": "ERRATUM-05",
    "readings": {
        "hard": {"expectation": "limited_after", "limit": 1, "window_s": 60},
        "burst": {"expectation": "limited_after", "limit": 2, "window_s": 60},
    },
}


@pytest.mark.parametrize(("identifier", "verdict"), [("AINP-LIM-001", Verdict.DISPUTED), ("AINP-LIM-006", Verdict.FAIL)])
def test_another_reading_is_disputed_except_where_it_is_core(tmp_path: Path, identifier: str, verdict: Verdict) -> None:
    said = Said("follows_reading", [ACCEPTED, ACCEPTED, error(429)], DISPUTE, requirements=(identifier,))
    judged_one = of(judged(tmp_path, Attempt([said], requirements=(identifier,))), identifier)

    assert (judged_one.verdict, judged_one.erratum) == (verdict, "ERRATUM-05")


def test_where_the_profile_takes_either_reading_the_erratum_is_named(tmp_path: Path) -> None:
    said = Said("refused", [error(409, "REPLAY_DETECTED")], CODES, requirements=("AINP-RPL-007",))

    assert of(judged(tmp_path, Attempt([said], requirements=("AINP-RPL-007",))), "AINP-RPL-007").erratum == "ERRATUM-02"


def test_a_statement_without_its_exchange_shows_nothing(tmp_path: Path) -> None:
    bundle = write(tmp_path / "run", [Attempt([claim()])])
    (tmp_path / "run/exchanges/c0.jsonl").write_text("")

    assert "c0-1 is not in the bundle" in of(judge(bundle, PROMISES)).reason


def test_a_cut_line_is_told(tmp_path: Path) -> None:
    bundle = write(tmp_path / "run", [Attempt([claim()])])
    path = tmp_path / "run/exchanges/c0.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id"')

    assert "1 lines of evidence were cut short and left out" in judge(bundle, PROMISES).notes


@pytest.mark.parametrize(
    ("found", "merged"),
    [
        ([], "NOT_OBSERVED"),
        (["PASS", "PASS"], "PASS"),
        (["PASS", "NOT_APPLICABLE"], "PASS"),
        (["PASS", "WARN"], "WARN"),
        (["WARN", "DISPUTED"], "DISPUTED"),
        (["DISPUTED", "NOT_OBSERVED"], "NOT_OBSERVED"),
        (["NOT_OBSERVED", "INVALID"], "INVALID"),
        (["INVALID", "FAIL", "PASS"], "FAIL"),
    ],
)
def test_how_findings_merge(found: list[str], merged: str) -> None:
    assert merge(Verdict(name) for name in found) == merged
    assert merge(Verdict(name) for name in reversed(found)) == merged


@given(st.lists(st.sampled_from(MERGE_ORDER), min_size=1))
def test_merging_gives_the_worst_and_more_findings_never_help(found: list[Verdict]) -> None:
    assert merge(found) in found
    assert MERGE_ORDER.index(merge([*found, Verdict.FAIL])) == 0
    assert MERGE_ORDER.index(merge(found)) <= min(MERGE_ORDER.index(verdict) for verdict in found)


ANSWERS = st.sampled_from(
    [ACCEPTED, REFUSED, error(429), error(500, "INTERNAL_ERROR"), error(400, "OWN_WORD"), unanswered(), exchange(status=200)]
)
SAID = st.builds(Said, st.sampled_from(["accepted", "refused", "one_accepted", "no_such"]), st.lists(ANSWERS, max_size=3))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(SAID, max_size=4))
def test_what_was_said_live_is_what_the_bundle_says(tmp_path_factory: pytest.TempPathFactory, said: list[Said]) -> None:
    bundle: Bundle = write(tmp_path_factory.mktemp("run") / "run", [Attempt(said)])

    for evaluated in evaluate_statements(bundle, CONTEXT):
        assert evaluated.judgement.outcome == evaluated.statement.live_outcome
        assert evaluated.judgement.message == evaluated.statement.live_message


def test_a_repeat_that_shows_nothing_leaves_open_what_the_first_showed(tmp_path: Path) -> None:
    """Core probes are repeated though nothing broke: a repeat without its end is a gap, other than one after a failure."""
    repeats = [Attempt([control(ACCEPTED), Said("refused", [REFUSED])]), Attempt([], outcome="not_shown", number=2, message="went away")]
    broken = [Attempt([Said("refused", [ACCEPTED])], outcome="broken"), Attempt([], outcome="not_shown", number=2)]
    found = [
        findings_of(write(tmp_path / name, attempts), CONTEXT, PROMISES.requirements)["AINP-RPL-002"]
        for name, attempts in (("repeats", repeats), ("broken", broken))
    ]

    assert Verdict.NOT_OBSERVED in [one.verdict for one in found[0] if one.attempt == 2]
    assert [one.verdict for one in found[1]] == [Verdict.FAIL]
