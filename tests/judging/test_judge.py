"""The run's verdict: waivers, headline, status and exit code."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.evidence.plan import TargetInfo
from ainp_harness.judging.headline import headline_of
from ainp_harness.judging.judge import _run_verdict, apply_waivers, judge
from ainp_harness.judging.verdict import RequirementVerdict, RunVerdict, Verdict
from ainp_harness.promises.profiles import Profile
from ainp_harness.promises.requirements import Requirement
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.vocabulary import Depth, Level, Need
from ainp_harness.promises.waivers import Waiver
from tests.judging.evidence import ACCEPTED, PROMISES, REFUSED, Attempt, Said, control, plan, write

DAY = datetime.date(2026, 9, 21)

UNPROBED: Profile = PROMISES.profile.model_copy(update={"unprobed": ("AINP-PRF-006",)})


def waiver(**changes: Any) -> Waiver:
    members: dict[str, Any] = {
        "id": "W1", "requirements": ("AINP-WSK-001",), "owner": "ops", "reason": "railway", "scope": "url", "expires": DAY,
    }  # fmt: skip
    return Waiver(**{**members, **changes})


def verdict_of(verdict: Verdict, identifier: str = "AINP-WSK-001", level: Level = Level.MUST) -> RequirementVerdict:
    return RequirementVerdict(identifier, "websocket", level, "s", "s", Depth.QUICK, (), verdict, "")


def waived(verdict: Verdict, *waivers: Waiver, **changes: Any) -> RequirementVerdict:
    return apply_waivers(verdict_of(verdict), plan(waivers=waivers, **changes), DAY)


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED, Verdict.DISPUTED])
def test_a_waiver_in_force_waives(verdict: Verdict) -> None:
    result = waived(verdict, waiver())

    assert result.verdict is Verdict.WAIVED
    assert result.waiver == "W1, ops, until 2026-09-21: railway"


@pytest.mark.parametrize("verdict", [Verdict.INVALID, Verdict.DEFERRED, Verdict.OUT_OF_REACH, Verdict.NOT_APPLICABLE])
def test_what_no_waiver_touches(verdict: Verdict) -> None:
    assert waived(verdict, waiver()) == verdict_of(verdict)


def test_an_expired_waiver_waives_nothing_and_is_told() -> None:
    result = waived(Verdict.FAIL, waiver(expires=DAY - datetime.timedelta(days=1)))

    assert result.verdict is Verdict.FAIL
    assert result.waiver == "W1 is stale: it expired on 2026-09-20"


def test_an_expired_waiver_does_not_hide_its_successor() -> None:
    result = waived(Verdict.FAIL, waiver(id="W0", expires=datetime.date(2025, 1, 1)), waiver())

    assert result.verdict is Verdict.WAIVED


def test_a_waiver_of_what_passes_is_stale() -> None:
    result = waived(Verdict.PASS, waiver())

    assert (result.verdict, result.waiver) == (Verdict.PASS, "W1 is stale: what it waives passes")


@pytest.mark.parametrize(
    ("scope", "url", "holds"),
    [
        ("url", "http://a:80/x", True),
        ("embedded", "http://a:80/x", False),
        ("a.example", "https://a.example/path", True),
        ("a.example", "http://a.example:8080", True),
        ("a.example", "https://b.example", False),
        ("railway", "https://x.up.railway.app", True),
        ("railway", "https://railway.app.example", False),
    ],
)
def test_a_waiver_holds_for_its_target_alone(scope: str, url: str, holds: bool) -> None:
    result = waived(Verdict.FAIL, waiver(scope=scope), target=TargetInfo(name="url", url=url))

    assert (result.verdict is Verdict.WAIVED) is holds


def test_a_waiver_is_about_its_requirements_alone() -> None:
    assert waived(Verdict.FAIL, waiver(requirements=("AINP-WSK-003",))).verdict is Verdict.FAIL


def test_core_is_not_waived_whatever_a_plan_says(tmp_path: Path) -> None:
    attempt = Attempt([Said("refused", [ACCEPTED])], "broken")
    bundle = write(tmp_path / "run", [attempt], waivers=(waiver(requirements=("AINP-RPL-002",), expires=datetime.date(2099, 1, 1)),))

    (replay,) = [one for one in judge(bundle, PROMISES).requirements if one.id == "AINP-RPL-002"]
    assert (replay.verdict, replay.waiver) == (Verdict.FAIL, None)


def ended(
    folder: Path, *verdicts: Verdict | RequirementVerdict, end: str | None = "completed", probed: bool = True, **changes: Any
) -> RunVerdict:
    """The run's verdict where its requirements came out so."""
    requirements = [one if isinstance(one, RequirementVerdict) else verdict_of(one) for one in verdicts]
    promises = PROMISES if probed else replace(PROMISES, profile=UNPROBED)
    bundle = write(folder / "run", end=end, **changes)
    return _run_verdict(bundle, bundle.plan, promises, requirements, ())


SHOULD_WARNS = verdict_of(Verdict.WARN, level=Level.SHOULD)

ENDS: list[tuple[list[Any], str | None, str, int]] = [
    ([Verdict.PASS], "completed", "QUICK CHECK PASSED", 0),
    ([Verdict.PASS, Verdict.WAIVED, Verdict.NOT_APPLICABLE, Verdict.DEFERRED, Verdict.OUT_OF_REACH], "completed", "QUICK CHECK PASSED", 0),
    ([Verdict.PASS, SHOULD_WARNS], "completed", "QUICK CHECK PASSED", 0),
    ([Verdict.PASS, Verdict.FAIL], "completed", "QUICK CHECK FAILED", 1),
    ([Verdict.PASS, Verdict.DISPUTED], "completed", "QUICK CHECK INCONCLUSIVE", 1),
    ([Verdict.PASS, Verdict.NOT_OBSERVED], "completed", "QUICK CHECK INCONCLUSIVE", 1),
    ([Verdict.PASS, Verdict.INVALID], "completed", "QUICK CHECK INVALID", 3),
    ([Verdict.NOT_OBSERVED, Verdict.INVALID], "completed", "QUICK CHECK INVALID", 3),
    ([Verdict.INVALID, Verdict.FAIL], "completed", "QUICK CHECK FAILED", 1),  # a FAIL is never hidden by an INVALID beside it
    ([Verdict.PASS], None, "QUICK CHECK INTERRUPTED", 1),
    ([Verdict.PASS], "interrupted", "QUICK CHECK INTERRUPTED", 1),
    ([Verdict.PASS], "failed", "QUICK CHECK INCOMPLETE", 4),
    ([Verdict.FAIL], None, "QUICK CHECK FAILED", 1),
    ([Verdict.INVALID], None, "QUICK CHECK INTERRUPTED", 1),
    ([], "completed", "QUICK CHECK INCONCLUSIVE", 1),  # nothing was shown
    ([Verdict.DEFERRED, Verdict.OUT_OF_REACH], "completed", "QUICK CHECK INCONCLUSIVE", 1),
]


@pytest.mark.parametrize(("verdicts", "end", "status", "exit_code"), ENDS)
def test_how_a_run_ends(tmp_path: Path, verdicts: list[Any], end: str | None, status: str, exit_code: int) -> None:
    verdict = ended(tmp_path, *verdicts, end=end)

    assert (verdict.status, verdict.exit_code, verdict.passed, verdict.certifies) == (status, exit_code, exit_code == 0, False)


def test_a_quick_check_never_certifies(tmp_path: Path) -> None:
    verdict = ended(tmp_path, Verdict.PASS, Verdict.DEFERRED, Verdict.OUT_OF_REACH)

    assert verdict.headline == (
        "QUICK CHECK PASSED  phase-0.3, url: 1 shown, 0 failed, 1 need more time, 1 out of reach.  "
        "Not a certificate; next: make certify URL=http://broker.example:8080 DEPTH=standard (up to 12 min)"
    )


def test_a_standard_run_certifies_with_profile_depth_reach_and_counts(tmp_path: Path) -> None:
    verdict = ended(tmp_path, Verdict.PASS, Verdict.WAIVED, depth=Depth.STANDARD, reach=(Need.RESOURCES,))

    assert verdict.certifies
    assert verdict.headline == (
        "CERTIFIED  phase-0.3 at depth STANDARD, reach url+resources: 1 shown, 0 failed, 1 waived, 0 need more time, 0 out of reach."
    )


def test_with_requirements_without_a_probe_nothing_is_certified(tmp_path: Path) -> None:
    verdict = ended(tmp_path, Verdict.PASS, depth=Depth.STANDARD, probed=False)

    assert (verdict.status, verdict.exit_code, verdict.certifies) == ("STANDARD CHECK PASSED", 0, False)
    assert f"{verdict.unprobed} without a probe in this version" in verdict.headline


def test_a_part_of_the_areas_is_a_partial_check(tmp_path: Path) -> None:
    verdict = ended(tmp_path, Verdict.PASS, depth=Depth.STANDARD, areas=("replay",))

    assert (verdict.status, verdict.certifies) == ("PARTIAL CHECK PASSED", False)
    assert "only replay was looked at" in verdict.headline


def test_a_failed_standard_run_does_not_certify(tmp_path: Path) -> None:
    verdict = ended(tmp_path, Verdict.FAIL, depth=Depth.STANDARD)

    assert (verdict.status, verdict.certifies) == ("STANDARD CHECK FAILED", False)


def test_every_verdict_is_counted_in_the_headline(tmp_path: Path) -> None:
    words = {
        Verdict.PASS: "shown", Verdict.FAIL: "failed", Verdict.WARN: "warned", Verdict.INVALID: "invalid", Verdict.DISPUTED: "disputed",
        Verdict.NOT_OBSERVED: "not observed", Verdict.WAIVED: "waived", Verdict.NOT_APPLICABLE: "not applicable",
        Verdict.DEFERRED: "need more time", Verdict.OUT_OF_REACH: "out of reach",
    }  # fmt: skip
    headline = ended(tmp_path, *[verdict for verdict in Verdict for _ in range(3)]).headline

    assert set(words) == set(Verdict)
    assert all(f"3 {word}" in headline for word in words.values())


def test_what_comes_next(tmp_path: Path) -> None:
    verdict = ended(tmp_path, Verdict.PASS, Verdict.DEFERRED, replace(verdict_of(Verdict.OUT_OF_REACH), needs=(Need.HTTPS,)))

    assert "DEPTH=standard" in verdict.next[0]
    assert "an https address" in verdict.next[1]
    assert headline_of(replace(verdict, counts={}, requirements=()), complete=True, any_failed=False, any_invalid=False).next == ()


def test_only_the_areas_of_the_plan_are_judged(tmp_path: Path) -> None:
    verdict = judge(write(tmp_path / "run", areas=("replay",)), PROMISES)

    assert {one.area for one in verdict.requirements} == {"replay"}


def test_another_limit_window_says_nothing_about_limits(tmp_path: Path) -> None:
    said = Said("refused", [REFUSED], requirements=("AINP-LIM-003",))
    verdict = judge(write(tmp_path / "run", [Attempt([said], requirements=("AINP-LIM-003",))], limit_window_s=10.0), PROMISES)
    limits = [one for one in verdict.requirements if one.area == "limits" and one.verdict is not Verdict.DEFERRED]

    assert {one.verdict for one in limits} == {Verdict.NOT_OBSERVED}
    assert all("limit window is 10 s, the profile's 60 s" in one.reason for one in limits)
    assert any("nothing is said about limits" in note for note in verdict.notes)


def test_the_profiles_own_window_is_no_obstacle(tmp_path: Path) -> None:
    said = Said("refused", [REFUSED], requirements=("AINP-LIM-003",))
    verdict = judge(write(tmp_path / "run", [Attempt([said], requirements=("AINP-LIM-003",))], limit_window_s=60.0), PROMISES)

    assert next(one for one in verdict.requirements if one.id == "AINP-LIM-003").verdict is Verdict.PASS


def test_newer_requirements_are_told(tmp_path: Path) -> None:
    bundle = write(tmp_path / "run")
    first: Requirement = next(iter(PROMISES.requirements.values()))
    newer = Promises(
        PROMISES.profile, {**PROMISES.requirements, first.id: first.model_copy(update={"statement": "new"})}, PROMISES.targets, {}
    )

    assert not any("other requirements" in note for note in judge(bundle, PROMISES).notes)
    assert any("other requirements" in note for note in judge(bundle, newer).notes)


def test_root_causes_come_first(tmp_path: Path) -> None:
    assert judge(write(tmp_path / "run"), PROMISES).requirements[0].id == "AINP-SIG-010"


def test_judging_twice_says_the_same(tmp_path: Path) -> None:
    bundle = write(tmp_path / "run", [Attempt([Said("refused", [REFUSED])])])

    assert judge(bundle, PROMISES) == judge(type(bundle)(bundle.folder), PROMISES)


def test_what_safe_leaves_out_cannot_pass_and_may_still_fail(tmp_path: Path) -> None:
    """What is left of a requirement's probes still runs: its failure counts, its success is not the whole."""
    left = {"safe": True, "left_out": {"AINP-RPL-002": "test_flood"}}
    good = [Attempt([control(ACCEPTED), Said("refused", [REFUSED])])]
    bad = [Attempt([control(ACCEPTED), Said("refused", [ACCEPTED])], outcome="broken")]
    passed, failed = (judge(write(tmp_path / name, said, **left), PROMISES) for name, said in (("good", good), ("bad", bad)))
    verdicts = [next(one for one in run.requirements if one.id == "AINP-RPL-002") for run in (passed, failed)]

    assert [one.verdict for one in verdicts] == [Verdict.OUT_OF_REACH, Verdict.FAIL]
    assert "test_flood" in verdicts[0].reason
    assert "--safe left out" in passed.headline
    assert not passed.certifies


def test_where_everything_was_left_out_nothing_passes(tmp_path: Path) -> None:
    """Skipped probes are green in pytest; the run is not."""
    verdict = judge(write(tmp_path / "r", [Attempt([], outcome="left_out")]), PROMISES)

    assert not verdict.passed
    assert verdict.exit_code == 1
