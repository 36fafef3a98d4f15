"""Scope: what a run may speak of, from the plan alone; no answer of the broker ever changes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ainp_harness.evidence.plan import Declared
from ainp_harness.judging.judge import judge
from ainp_harness.judging.scope import scope_of
from ainp_harness.judging.verdict import RunVerdict, Verdict
from ainp_harness.promises.requirements import Requirement
from ainp_harness.promises.vocabulary import Depth, Level, Need
from ainp_harness.wire.binding_data import parse_binding
from tests.judging.evidence import (  # fmt: skip
    ACCEPTED,
    BINDING,
    BINDING_DATA,
    EVERYTHING,
    PROMISES,
    REFUSED,
    Attempt,
    Load,
    Said,
    delivery,
    error,
    plan,
    reading,
    unanswered,
    write,
)


def requirement(**changes: Any) -> Requirement:
    members: dict[str, Any] = {
        "id": "AINP-XXX-001", "level": Level.MUST, "profiles": ("phase-0.3",), "statement": "s", "source": "s", "shown_by": "s",
    }  # fmt: skip
    return Requirement(**{**members, **changes})


UNSEEN = parse_binding({**BINDING_DATA, "not_observable": [{"requirements": ["AINP-XXX-001"], "reason": "no such view"}]})
BARE = parse_binding({name: table for name, table in BINDING_DATA.items() if name != "websocket"})

OUT_OF_REACH, DEFERRED = Verdict.OUT_OF_REACH, Verdict.DEFERRED

TABLE: list[tuple[dict[str, Any], dict[str, Any], Verdict | None]] = [
    ({}, {}, None),
    ({"depth": Depth.STANDARD}, {}, DEFERRED),
    ({"depth": Depth.STANDARD}, {"depth": Depth.FULL}, None),
    ({"needs": (Need.LOGS,)}, {}, OUT_OF_REACH),
    ({"needs": (Need.LOGS,)}, {"reach": (Need.LOGS,)}, None),
    ({"needs": (Need.LOGS, Need.CONTROL)}, {"reach": (Need.LOGS,)}, OUT_OF_REACH),
    ({"needs": (Need.LOGS,), "depth": Depth.FULL}, {}, OUT_OF_REACH),  # reach wins over depth
    ({"when": "websocket"}, {}, None),
    ({"when": "credits"}, {}, Verdict.NOT_APPLICABLE),
    ({"when": "credits", "core": True}, {}, None),
    ({"when": "limits.per_did"}, {}, None),
    ({"when": "limits.burst_10s"}, {}, Verdict.NOT_APPLICABLE),
    ({"when": "credits"}, {"declared": None, "declared_error": "503"}, Verdict.NOT_OBSERVED),
    ({"when": "credits", "needs": (Need.LOGS,)}, {}, OUT_OF_REACH),
    ({"when": "credits", "depth": Depth.FULL}, {}, DEFERRED),
]


@pytest.mark.parametrize(("of", "planned", "verdict"), TABLE)
def test_where_a_requirement_stands(of: dict[str, Any], planned: dict[str, Any], verdict: Verdict | None) -> None:
    assert scope_of(requirement(**of), [], plan(**planned), BINDING).verdict is verdict


def test_a_missing_operation_is_a_failure_and_no_matter_of_reach() -> None:
    needs_it = {"operations": ("websocket",), "depth": Depth.FULL, "needs": (Need.LOGS,)}
    scope = scope_of(requirement(**needs_it), [], plan(), BARE)

    assert scope.verdict is Verdict.FAIL
    assert "does not offer websocket" in scope.reason
    assert scope_of(requirement(**needs_it, level=Level.SHOULD), [], plan(), BARE).verdict is Verdict.WARN
    assert scope_of(requirement(**needs_it), [], plan(), UNSEEN).verdict is OUT_OF_REACH


def test_what_a_surface_does_not_show_is_out_of_reach_except_core() -> None:
    assert scope_of(requirement(), [], plan(), UNSEEN).verdict is OUT_OF_REACH
    assert "no such view" in scope_of(requirement(), [], plan(), UNSEEN).reason
    assert scope_of(requirement(core=True), [], plan(), UNSEEN).verdict is None


def test_a_number_has_the_depth_and_needs_of_its_target() -> None:
    ready = [target for target in PROMISES.targets.target if target.id == "AINP-HLT-006"]

    assert scope_of(requirement(depth=Depth.FULL), ready, plan(), BINDING).verdict is OUT_OF_REACH
    assert scope_of(requirement(depth=Depth.FULL), ready, plan(reach=(Need.CONTROL,)), BINDING).verdict is None


CLAIMED = ("AINP-RPL-001", "AINP-SIG-002", "AINP-LIM-005", "AINP-WSK-003", "AINP-DSC-007", "AINP-INT-001")
ANSWERS = st.sampled_from([ACCEPTED, REFUSED, error(429), error(500, "INTERNAL_ERROR"), error(404), unanswered()])
SAID = st.builds(
    Said,
    st.sampled_from(["accepted", "refused", "received", "opens", "limited_after", "no_such"]),
    st.lists(ANSWERS, max_size=2),
    st.sampled_from([{}, {"ids": ["i"]}, {"limit": 1, "window_s": 60, "other_limit": 2, "erratum": "ERRATUM-05"}]),
    st.sampled_from(["claim", "control"]),
    st.sampled_from(CLAIMED).map(lambda identifier: (identifier,)),
)
OUTCOMES = st.sampled_from(["completed", "broken", "not_shown", "error", "left_out", None])
ATTEMPTS = st.lists(st.builds(Attempt, st.lists(SAID, max_size=3), OUTCOMES, st.just(CLAIMED)), max_size=2)
PLANS = st.sampled_from(
    [
        {"depth": depth, "reach": reach, "declared": declared, "declared_error": None if declared else "503"}
        for depth in (Depth.QUICK, Depth.STANDARD)
        for reach in ((), EVERYTHING)
        for declared in (None, Declared(source="capabilities", features=("websocket",)))
    ]
)
LOADS = st.none() | st.builds(
    Load,
    window_s=st.just(15.0),
    latency_ms=st.fixed_dictionaries(
        {
            "readiness": st.sampled_from([[1.0] * 60, [900.0] * 60, [float("nan")] * 60]),
            "discovery-text": st.sampled_from([[1.0] * 131, [float("nan")] * 131]),
            "connected-agents": st.sampled_from([[1.0] * 24, [float("nan")] * 3]),
        }
    ),
    outcome=st.sampled_from(["failed", "limited"]),
    status=st.sampled_from([0, 429, 500]),
    deliveries=st.sampled_from([[], [delivery()], [delivery(times=2)]]),
    resources=st.sampled_from([[], [reading(1), reading(12, pss_bytes=10**9), reading(14, cpu_s=14.0)]]),
    invalid=st.sampled_from([[], [{"direction": "always", "reason": "r"}], [{"direction": "adds-latency", "reason": "r"}]]),
    complete=st.booleans(),
)
OUTSIDE = {Verdict.DEFERRED, Verdict.OUT_OF_REACH, Verdict.NOT_APPLICABLE}


def verdicts(run: RunVerdict) -> dict[str, Verdict]:
    return {one.id: one.verdict for one in run.requirements}


SILENCES: dict[str, dict[str, Verdict]] = {}


def silence(folder: Path, planned: dict[str, Any]) -> dict[str, Verdict]:
    """What is said of a run of this plan in which nothing was recorded."""
    if repr(planned) not in SILENCES:
        SILENCES[repr(planned)] = verdicts(judge(write(folder / "silent", **planned), PROMISES))
    return SILENCES[repr(planned)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(PLANS, ATTEMPTS, LOADS, st.sampled_from(["completed", "failed", None]))
def test_no_answer_changes_the_scope(
    tmp_path_factory: pytest.TempPathFactory, planned: dict[str, Any], attempts: list[Attempt], load: Load | None, end: str | None
) -> None:
    """Whatever was recorded: what is in scope never becomes DEFERRED, OUT_OF_REACH or NOT_APPLICABLE, and what is outside can only FAIL."""
    folder: Path = tmp_path_factory.mktemp("runs")
    silent = silence(folder, planned)
    for number, attempt in enumerate(attempts):
        attempt.probe = f"p{number}"
    bundle = write(folder / "run", attempts, end=end, **planned)
    if load is not None:
        load.write(folder / "run")
    heard = verdicts(judge(bundle, PROMISES))

    for identifier, verdict in heard.items():
        if silent[identifier] in OUTSIDE:
            assert verdict in (silent[identifier], Verdict.FAIL), identifier
            assert verdict is silent[identifier] or identifier in {target.requirement for target in PROMISES.targets.target}, identifier
        else:
            assert verdict not in OUTSIDE, identifier
