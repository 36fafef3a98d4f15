"""Numbers against promises: loads made by hand, as Parquet on disk, and what each target says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ainp_harness.evidence.plan import LoadInfo, TargetInfo
from ainp_harness.judging.judge import judge
from ainp_harness.judging.measurement import Measurement
from ainp_harness.judging.targets import judge_target
from ainp_harness.judging.verdict import TargetVerdict, Verdict
from ainp_harness.promises.targets import Target
from ainp_harness.promises.vocabulary import Depth
from tests.judging.evidence import EVERYTHING, PROMISES, Load, delivery, plan, reading, write

LATENCY, GOODPUT, AGENTS, MEMORY, CPU, CONNECTIONS, READY = (
    f"AINP-{name}" for name in ("PRF-001", "PRF-002", "PRF-003", "PRF-004", "PRF-005", "OPS-008", "HLT-006")
)

NAN = float("nan")

ADDS_LATENCY = [{"direction": "adds-latency", "reason": "own CPU over 90 %"}]
ALWAYS = [{"direction": "always", "reason": "clock step"}]


def target(identifier: str) -> Target:
    return next(one for one in PROMISES.targets.target if one.id == identifier)


def judged(folder: Path, identifier: str, recorded: Load | None, depth: Depth = Depth.STANDARD, **changes: Any) -> TargetVerdict:
    planned = {"depth": depth, "reach": EVERYTHING, "load": LoadInfo(name="phase-0.3", warmup_s=30, duration_s=300), **changes}
    bundle = write(folder / "run", **planned)
    if recorded is not None:
        recorded.write(folder / "run")
    return judge_target(target(identifier), PROMISES.targets, plan(**planned), Measurement.of(bundle))


def readiness(*values: float, window_s: float = 300, **changes: Any) -> Load:
    return Load(window_s=window_s, latency_ms={"readiness": values}, **changes)


def scattered(count: int, bad: int, value: float, good: float = 5.0) -> list[float]:
    """`count` latencies of which `bad`, spread evenly, have this value."""
    values = np.full(count, good)
    if bad:
        values[np.linspace(0, count - 1, bad).astype(int)] = value
    return list(values)


# -- latency


def test_a_fast_broker_passes_with_its_interval(tmp_path: Path) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*scattered(300, 3, 900.0)))

    assert (verdict.verdict, verdict.reason) == (Verdict.PASS, "")
    assert verdict.value == verdict.low == 5.0
    assert verdict.high is not None
    assert verdict.high < 500
    assert (verdict.samples, verdict.indicated) == (300, False)


def test_a_slow_broker_fails_by_its_interval(tmp_path: Path) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*scattered(300, 30, 900.0)))

    assert verdict.verdict is Verdict.FAIL
    assert "allowed 5%" in verdict.reason
    assert verdict.value == 900.0


def test_exactly_at_a_strict_bound_is_over_it(tmp_path: Path) -> None:
    assert judged(tmp_path, LATENCY, readiness(*[500.0] * 300)).verdict is Verdict.FAIL
    assert judged(tmp_path / "2", LATENCY, readiness(*[499.0] * 300)).verdict is Verdict.PASS


def test_failures_are_infinitely_slow(tmp_path: Path) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*scattered(300, 60, NAN)))

    assert (verdict.verdict, verdict.value) == (Verdict.FAIL, float("inf"))


def test_an_interval_that_straddles_the_bound_decides_nothing_and_says_for_how_long(tmp_path: Path) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*scattered(300, 12, 900.0)))

    assert verdict.verdict is Verdict.NOT_OBSERVED
    assert "the interval straddles the bound" in verdict.reason
    assert "s would decide it" in verdict.reason


def test_too_close_to_the_bound_is_told(tmp_path: Path) -> None:
    assert "too close to the bound to decide" in judged(tmp_path, LATENCY, readiness(*scattered(300, 15, 900.0))).reason


def test_too_few_samples_decide_nothing(tmp_path: Path) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*[5.0] * 299))

    assert verdict.verdict is Verdict.NOT_OBSERVED
    assert "too few samples" in verdict.reason


def test_in_a_short_window_a_deferred_target_is_only_indicated(tmp_path: Path) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*[5.0] * 60, window_s=15), Depth.QUICK)

    assert (verdict.verdict, verdict.indicated, verdict.value) == (Verdict.DEFERRED, True, 5.0)


def test_900_ms_for_15_s_fail_at_any_depth(tmp_path: Path) -> None:
    """measuring.md, Depth: a DEFERRED target fails beyond doubt."""
    verdict = judged(tmp_path, LATENCY, readiness(*[900.0] * 60, window_s=15), Depth.QUICK)

    assert verdict.verdict is Verdict.FAIL
    assert "beyond doubt even in this window" in verdict.reason


def test_a_doubtful_short_window_stays_deferred(tmp_path: Path) -> None:
    load = readiness(*scattered(60, 6, 900.0), window_s=15)

    assert judged(tmp_path, LATENCY, load, Depth.QUICK).verdict is Verdict.DEFERRED


def test_slow_drift_needs_a_longer_window_unless_half_the_bound_would_do(tmp_path: Path) -> None:
    trend = np.linspace(0, 1, 300)

    assert judged(tmp_path, LATENCY, readiness(*(300 + 150 * trend))).reason.startswith("the broker drifts too slowly")
    assert judged(tmp_path / "2", LATENCY, readiness(*(10 + 10 * trend))).verdict is Verdict.PASS


# -- what is recorded, and whether it is to be trusted


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize("value", [5.0, 900.0])
def test_what_was_due_and_not_recorded_makes_a_measurement_invalid(tmp_path: Path, depth: Depth, value: float) -> None:
    verdict = judged(tmp_path, LATENCY, readiness(*[value] * 300, scheduled={"readiness": 301}), depth)

    if depth is Depth.QUICK:
        assert (verdict.verdict, verdict.reason.partition(";")[2]) == (
            Verdict.DEFERRED,
            " the indication is not valid: 301 arrivals were due, 300 are recorded",
        )
        return
    assert (verdict.verdict, verdict.reason) == (Verdict.INVALID, "301 arrivals were due, 300 are recorded")


@pytest.mark.parametrize(
    ("value", "invalid", "verdict"),
    [
        (5.0, [], Verdict.PASS),
        (5.0, ADDS_LATENCY, Verdict.PASS),
        (900.0, ADDS_LATENCY, Verdict.INVALID),
        (5.0, ALWAYS, Verdict.INVALID),
        (900.0, ALWAYS, Verdict.INVALID),
        (900.0, [*ADDS_LATENCY, *ALWAYS], Verdict.INVALID),
    ],
)
def test_a_fault_of_the_generator_has_a_direction(tmp_path: Path, value: float, invalid: list[dict[str, str]], verdict: Verdict) -> None:
    """What only adds latency leaves a PASS and takes a FAIL; what may do anything takes both."""
    result = judged(tmp_path, LATENCY, readiness(*[value] * 300, invalid=invalid))

    assert result.verdict is verdict
    assert not invalid or any(entry["reason"] in result.reason for entry in invalid)


def test_a_generators_latency_excuses_no_memory(tmp_path: Path) -> None:
    load = Load(latency_ms={"readiness": [5.0]}, resources=[reading(1, pss_bytes=10**9)], invalid=ADDS_LATENCY)

    assert judged(tmp_path, MEMORY, load).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("load", "says"), [(None, "the load left nothing behind"), (readiness(5.0, complete=False), "did not run to its end")]
)
def test_without_a_whole_load_nothing_is_observed(tmp_path: Path, load: Load | None, says: str) -> None:
    verdict = judged(tmp_path, LATENCY, load)

    assert verdict.verdict is Verdict.NOT_OBSERVED
    assert says in verdict.reason


def test_where_no_load_was_planned_that_is_said(tmp_path: Path) -> None:
    assert judged(tmp_path, LATENCY, None, load=None).reason == "no load was run"


def test_a_scenario_without_arrivals_is_not_observed(tmp_path: Path) -> None:
    assert judged(tmp_path, GOODPUT, readiness(5.0)).verdict is Verdict.NOT_OBSERVED


def test_outside_the_window_nothing_counts(tmp_path: Path) -> None:
    load = readiness(*[5.0] * 300)
    bundle = write(tmp_path / "run")
    load.write(tmp_path / "run")
    measurement = Measurement.of(bundle)
    assert measurement is not None

    later = Measurement(
        {**measurement.load, "window_start_us": measurement.load["window_start_us"] + 100_000_000}, measurement.samples, None, None
    )
    assert (len(measurement.arrivals("readiness")), len(later.arrivals("readiness"))) == (300, 200)
    assert len(measurement.arrivals("mixed")) == 300


# -- goodput


def discovery(bad: int, **changes: Any) -> Load:
    return Load(latency_ms={"discovery-text": scattered(2625, bad, NAN)}, **changes)


@pytest.mark.parametrize(("bad", "verdict"), [(0, Verdict.PASS), (3, Verdict.PASS), (26, Verdict.NOT_OBSERVED), (200, Verdict.FAIL)])
def test_goodput(tmp_path: Path, bad: int, verdict: Verdict) -> None:
    result = judged(tmp_path, GOODPUT, discovery(bad))

    assert result.verdict is verdict, result.reason
    assert result.value == pytest.approx(100 * (1 - bad / 2625))
    assert result.low is not None
    assert result.high is not None
    assert result.low <= result.value <= result.high


def test_the_limit_was_reached_not_the_broker(tmp_path: Path) -> None:
    limited = judged(tmp_path, GOODPUT, discovery(200, outcome="limited", status=429))
    refused = judged(tmp_path / "2", GOODPUT, discovery(200, outcome="limited", status=503))
    by_did = judged(tmp_path / "3", GOODPUT, discovery(200, outcome="limited", status=429, operation="discover"))

    assert (limited.verdict, refused.verdict, by_did.verdict) == (Verdict.NOT_OBSERVED, Verdict.FAIL, Verdict.FAIL)
    assert "limit reached: 7.6% were answered 429" in limited.reason
    assert "ERRATUM-04" in limited.reason


def test_failures_in_one_block_break_a_condition(tmp_path: Path) -> None:
    values = [5.0] * 2625
    values[100:110] = [NAN] * 10
    result = judged(tmp_path, GOODPUT, Load(latency_ms={"discovery-text": values}))

    conditions = {condition.name: condition.verdict for condition in result.conditions}
    assert (conditions["blocks-95"], conditions["not-growing"]) == (Verdict.FAIL, Verdict.PASS)
    assert result.verdict is not Verdict.PASS


def test_a_broker_that_slows_down_fails(tmp_path: Path) -> None:
    result = judged(tmp_path, GOODPUT, Load(latency_ms={"discovery-text": np.linspace(5, 100, 2625)}))

    assert result.verdict is Verdict.FAIL
    assert result.reason.startswith("not-growing: p95 ")


def test_conditions_of_a_deeper_run_are_not_asked_in_a_quick_one(tmp_path: Path) -> None:
    load = Load(window_s=15, latency_ms={"discovery-text": [5.0] * 131})

    assert judged(tmp_path, GOODPUT, load, Depth.QUICK).conditions == ()


# -- agents

RING = [delivery(f"a{n}", f"a{(n + 1) % 99}") for n in range(99)]


def agents(*deliveries: dict[str, Any]) -> Load:
    return Load(latency_ms={"connected-agents": [5.0] * 495}, deliveries=list(deliveries))


def test_99_agents_are_served(tmp_path: Path) -> None:
    verdict = judged(tmp_path, AGENTS, agents(*RING))

    assert (verdict.verdict, verdict.value) == (Verdict.PASS, 99)


LET_DOWN = {
    "never acknowledged": {"acknowledged_us": -1},
    "never delivered": {"times": 0, "received_by": ""},
    "delivered twice": {"times": 2},
    "delivered to somebody else": {"received_by": "a7"},
    "delivered too late": {"in_time": False},
}


@pytest.mark.parametrize("change", LET_DOWN.values(), ids=LET_DOWN.keys())
def test_one_agent_that_is_let_down_fails(tmp_path: Path, change: dict[str, Any]) -> None:
    verdict = judged(tmp_path, AGENTS, agents({**RING[0], **change}, *RING[1:]))

    assert (verdict.verdict, verdict.value) == (Verdict.FAIL, 98)
    assert verdict.reason == "1 of 99 agents were let down"


def test_an_agent_that_is_let_down_is_an_agent_seen(tmp_path: Path) -> None:
    """Its own intent was not acknowledged, and nobody wrote to it."""
    verdict = judged(tmp_path, AGENTS, agents(*RING, delivery("lonely", "a1", acknowledged_us=-1)))

    assert (verdict.verdict, verdict.reason) == (Verdict.FAIL, "1 of 100 agents were let down")


def test_fewer_agents_than_promised_show_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, AGENTS, agents(*RING[:50])).verdict is Verdict.NOT_OBSERVED
    assert judged(tmp_path / "2", AGENTS, agents()).verdict is Verdict.NOT_OBSERVED


def test_agents_let_down_in_a_quick_run_are_indicated(tmp_path: Path) -> None:
    load = Load(window_s=15, latency_ms={"connected-agents": [5.0] * 24}, deliveries=[delivery(times=2)])

    assert judged(tmp_path, AGENTS, load, Depth.QUICK).verdict is Verdict.DEFERRED


# -- maxima


def measured(*rows: dict[str, Any], window_s: float = 300) -> Load:
    return Load(window_s=window_s, latency_ms={"readiness": [5.0]}, resources=list(rows))


def running(cpu_share: float = 0.1, **changes: Any) -> list[dict[str, Any]]:
    return [reading(at, cpu_s=cpu_share * at, **changes) for at in range(300)]


MAXIMA: list[tuple[str, list[dict[str, Any]], Depth, Verdict, float | None]] = [
    (MEMORY, running(), Depth.STANDARD, Verdict.PASS, 100),
    (MEMORY, [*running(), reading(5, instance="b2", pss_bytes=460_000_000)], Depth.STANDARD, Verdict.FAIL, 460),
    (MEMORY, running(pss_bytes=-1), Depth.STANDARD, Verdict.PASS, 200),  # RSS where PSS cannot be read
    (MEMORY, running(processes=1), Depth.STANDARD, Verdict.PASS, 300),  # VmHWM of a single process
    (MEMORY, running(pss_bytes=450_000_000), Depth.STANDARD, Verdict.FAIL, 450),
    (MEMORY, running(pss_bytes=460_000_000), Depth.QUICK, Verdict.FAIL, 460),  # at any depth
    (MEMORY, running(), Depth.QUICK, Verdict.DEFERRED, 100),
    (MEMORY, [], Depth.STANDARD, Verdict.NOT_OBSERVED, None),
    (CPU, running(0.5), Depth.STANDARD, Verdict.PASS, 50),
    (CPU, running(0.7), Depth.STANDARD, Verdict.FAIL, 70),
    (CPU, running(0.7), Depth.QUICK, Verdict.DEFERRED, 70),  # more time may undo it
    (CPU, [reading(0), reading(1)], Depth.STANDARD, Verdict.NOT_OBSERVED, None),
    (CONNECTIONS, running(role="postgres", connections=20), Depth.STANDARD, Verdict.PASS, 20),
    (CONNECTIONS, running(role="postgres", connections=21), Depth.STANDARD, Verdict.FAIL, 21),
    (CONNECTIONS, running(role="postgres", connections=21), Depth.QUICK, Verdict.FAIL, 21),
    (CONNECTIONS, running(), Depth.STANDARD, Verdict.NOT_OBSERVED, None),  # nobody asked the database
]


@pytest.mark.parametrize(("identifier", "rows", "depth", "verdict", "value"), MAXIMA)
def test_a_maximum_is_the_value_itself(
    tmp_path: Path, identifier: str, rows: list[dict[str, Any]], depth: Depth, verdict: Verdict, value: float | None
) -> None:
    result = judged(tmp_path, identifier, measured(*rows), depth, target=TargetInfo(name="embedded", url="u", facts={"cpu_quota": "none"}))

    assert result.verdict is verdict, result.reason
    assert result.value == (value if value is None else pytest.approx(value))


def test_a_window_too_short_for_a_maximum_shows_nothing(tmp_path: Path) -> None:
    verdict = judged(tmp_path, MEMORY, measured(*running(), window_s=299))

    assert (verdict.verdict, verdict.reason) == (Verdict.NOT_OBSERVED, "too short a window")


def test_a_broker_that_may_be_throttled_only_looks_idle(tmp_path: Path) -> None:
    verdict = judged(tmp_path, CPU, measured(*running(0.1)))

    assert (verdict.verdict, verdict.reason.partition(":")[0]) == (Verdict.NOT_OBSERVED, "not-throttled")


@pytest.mark.parametrize(
    ("starts", "depth", "verdict"),
    [
        ([12.0], Depth.QUICK, Verdict.PASS),
        ([12.0], Depth.STANDARD, Verdict.NOT_OBSERVED),
        ([12.0, 13.0, 14.0], Depth.STANDARD, Verdict.PASS),
        ([12.0, 300.0, 14.0], Depth.STANDARD, Verdict.FAIL),
        ([301.0], Depth.QUICK, Verdict.FAIL),
        ([], Depth.QUICK, Verdict.NOT_OBSERVED),
    ],
)
def test_the_worst_start_counts(tmp_path: Path, starts: list[float], depth: Depth, verdict: Verdict) -> None:
    started = TargetInfo(name="embedded", url="u", facts={"ready_s": starts} if starts else {})
    result = judged(tmp_path, READY, None, depth, target=started)

    assert (result.verdict, result.value) == (verdict, max(starts, default=None))


@pytest.mark.parametrize("identifier", [MEMORY, CPU, CONNECTIONS, READY])
def test_what_the_target_does_not_give_is_out_of_reach(tmp_path: Path, identifier: str) -> None:
    verdict = judged(tmp_path, identifier, measured(*running(pss_bytes=10**9)), reach=())

    assert (verdict.verdict, verdict.value) == (Verdict.OUT_OF_REACH, None)


def test_an_aim_is_reported_and_never_judged(tmp_path: Path) -> None:
    verdict = judged(tmp_path, GOODPUT, discovery(0))

    assert (verdict.verdict, verdict.aim) == (Verdict.PASS, "1,000 a minute: not shown")


def test_the_number_decides_its_requirement(tmp_path: Path) -> None:
    bundle = write(tmp_path / "run", depth=Depth.STANDARD, load=LoadInfo(name="phase-0.3", warmup_s=30, duration_s=300))
    readiness(*[900.0] * 300).write(tmp_path / "run")
    verdicts = {one.id: one.verdict for one in judge(bundle, PROMISES).requirements}

    assert (verdicts[LATENCY], verdicts[GOODPUT], verdicts[MEMORY]) == (Verdict.FAIL, Verdict.NOT_OBSERVED, Verdict.OUT_OF_REACH)
