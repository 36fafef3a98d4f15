"""One run judged by several profiles, and by a compressed one: a verdict each, from the same evidence."""

from __future__ import annotations

from pathlib import Path

from ainp_harness.evidence.plan import FurtherProfile
from ainp_harness.judging.judge import judge_all
from ainp_harness.judging.verdict import Verdict
from ainp_harness.promises.profiles import load_profile
from ainp_harness.promises.vocabulary import Depth
from reports.verdict_json import verdict_from_json, verdict_to_json
from tests.judging.evidence import ACCEPTED, REFUSED, Attempt, Said, control, write

DRAFT = FurtherProfile(profile="draft-00", profile_digest="", requirements_digest="")


READINGS = {"hard": {"expectation": "refused", "codes": []}, "burst": {"expectation": "accepted"}}

ATTEMPTS = [
    Attempt(said=[control(ACCEPTED), Said("refused", [REFUSED])]),
    Attempt(
        said=[Said("follows_reading", [ACCEPTED], {"erratum": "ERRATUM-05", "readings": READINGS}, requirements=("AINP-LIM-001",))],
        requirements=("AINP-LIM-001",),
        probe="q",
    ),
]


def test_a_run_is_judged_by_each_of_its_profiles(tmp_path: Path) -> None:
    first, second = judge_all(write(tmp_path / "r", ATTEMPTS, further=(DRAFT,)))

    assert (first.run.profile, second.run.profile) == ("phase-0.3", "draft-00")
    assert "  phase-0.3, url" in first.headline
    assert "  draft-00, url" in second.headline
    assert {one.id for one in first.requirements} != {one.id for one in second.requirements}


def test_where_profiles_read_differently_one_of_them_is_disputed(tmp_path: Path) -> None:
    verdicts = judge_all(write(tmp_path / "r", ATTEMPTS, further=(DRAFT,)))
    first = {one.id: one.verdict for one in verdicts[0].requirements}

    assert first["AINP-LIM-001"] is Verdict.DISPUTED


def test_a_compressed_profile_travels_in_the_plan_and_never_certifies(tmp_path: Path) -> None:
    shipped = load_profile("phase-0.3")
    constants = shipped.constants.model_copy(update={"limit_window_s": 6.0})
    compressed = shipped.model_copy(update={"name": "short", "like": "phase-0.3", "constants": constants, "unprobed": ()})
    bundle = write(tmp_path / "r", ATTEMPTS, profile="short", compressed=compressed, depth=Depth.STANDARD)
    (verdict,) = judge_all(bundle)

    assert "NOT A CERTIFICATE: compressed profile short" in verdict.headline
    assert not verdict.certifies
    assert verdict.run.like == "phase-0.3"
    assert verdict_from_json(verdict_to_json(verdict)) == verdict
