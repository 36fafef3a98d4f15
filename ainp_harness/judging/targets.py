"""Judging numbers: each target against what a load measured, by the rules of docs/measuring.md.

PASS needs the bound, the minimum and a window long enough for how slowly the broker drifts; FAIL needs as much, or overwhelming evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ainp_harness.evidence.plan import Plan
from ainp_harness.judging.conditions import judge_condition
from ainp_harness.judging.measurement import Arrivals, Measurement
from ainp_harness.judging.statistics import (
    Seconds,
    Share,
    autocorrelation_time,
    count_seconds,
    quantile_interval,
    quantile_with_failures,
    seconds_needed,
)
from ainp_harness.judging.verdict import ConditionVerdict, TargetVerdict, Verdict, merge
from ainp_harness.promises.targets import Common, Target, Targets

BY_ADDRESS = frozenset({"discover_text", "get_agent", "register", "capabilities"})
"""Operations of which one address may send 100 a minute: a load that goes beyond meets the limit, not the broker. Signed operations
count by DID, of which the load has so many that none comes near its limit: there a 429 is a failure."""

DAY_S = 8 * 3600.0
"""A measurement that would take longer than this is called too close to the bound to decide."""


@dataclass(frozen=True)
class Reading:
    """What one metric says: a verdict on its own, the value and its interval in the target's unit."""

    verdict: Verdict
    reason: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    samples: int = 0
    limited: bool = False
    """The load met a limit that the profile promises: what failed because of it says nothing."""


def judge_target(target: Target, targets: Targets, plan: Plan, measurement: Measurement | None) -> TargetVerdict:
    """The verdict of one target. Its depth and needs come first: outside them what was measured is only indicated."""
    blank = TargetVerdict(
        target.id, target.statement, target.scenario or target.mode or "", target.metric, target.op, target.value, target.unit,
        Verdict.NOT_OBSERVED, "", note=target.note,
    )  # fmt: skip
    if lacking := [need for need in target.needs if need not in plan.reach]:
        return replace(blank, verdict=Verdict.OUT_OF_REACH, reason=f"needs {', '.join(lacking)}, which the target does not give")
    reading = _read(target, targets, plan, measurement)
    reading, conditions = _with_conditions(reading, target, targets, plan, measurement)
    reading = _believable(reading, target, measurement)
    deferred = not plan.depth.reaches(target.depth)
    if deferred and reading.verdict is not Verdict.FAIL:
        why = f"judged at depth {target.depth}"
        if reading.value is None and reading.reason:
            why = f"{why}; {reading.reason}"
        if reading.verdict is Verdict.INVALID:
            why = f"{why}; the indication is not valid: {reading.reason}"
        reading = replace(reading, verdict=Verdict.DEFERRED, reason=why)
    return replace(
        blank,
        verdict=reading.verdict,
        reason=reading.reason,
        value=reading.value,
        low=reading.low,
        high=reading.high,
        samples=reading.samples,
        indicated=deferred and reading.value is not None,
        conditions=conditions,
        aim=_aim(target, reading, measurement),
    )


def _read(target: Target, targets: Targets, plan: Plan, measurement: Measurement | None) -> Reading:
    if target.metric == "ready.max":
        return _ready(target, plan)
    if measurement is None:
        return Reading(Verdict.NOT_OBSERVED, "no load was run" if plan.load is None else "the load left nothing behind")
    if not measurement.complete:
        return Reading(Verdict.NOT_OBSERVED, "the load did not run to its end")
    return _READERS[target.metric](target, targets, plan, measurement)


def _with_conditions(
    reading: Reading, target: Target, targets: Targets, plan: Plan, measurement: Measurement | None
) -> tuple[Reading, tuple[ConditionVerdict, ...]]:
    if measurement is None or not measurement.complete:
        return reading, ()
    due = [name for name in target.conditions if plan.depth.reaches(targets.condition[name].depth)]
    conditions = tuple(_condition(name, target, targets, plan, measurement) for name in due)
    worst = merge([reading.verdict, *(condition.verdict for condition in conditions)])
    if worst is not reading.verdict and not reading.limited:
        first = next(condition for condition in conditions if condition.verdict is worst)
        reading = replace(reading, verdict=worst, reason=f"{first.name}: {first.message}")
    return reading, conditions


def _condition(name: str, target: Target, targets: Targets, plan: Plan, measurement: Measurement) -> ConditionVerdict:
    if name == "unique-too":
        arrivals = measurement.arrivals(target.scenario or "")
        classes = arrivals.query_class
        unique = arrivals.only(np.asarray((classes == "unique") | (classes == "")))
        reading = _share_reading(target, targets.common, plan, unique, measurement.window_s, enough=len(unique) > 0)
        return ConditionVerdict(name, reading.verdict, reading.reason or "holds on unique queries alone")
    return judge_condition(name, target, measurement, plan.target.facts)


def _believable(reading: Reading, target: Target, measurement: Measurement | None) -> Reading:
    """A measurement with a known fault: never a verdict; or, where the fault can only add latency, never a FAIL."""
    if measurement is None or target.metric == "ready.max":
        return reading
    if reasons := measurement.invalid("always"):
        return replace(reading, verdict=Verdict.INVALID, reason="; ".join(reasons))
    if reasons := measurement.invalid("adds-latency"):
        if reading.verdict is Verdict.FAIL and target.metric in ("latency.p95", "goodput.ratio", "agents.served"):
            return replace(reading, verdict=Verdict.INVALID, reason=f"would fail, but the generator may be the cause: {'; '.join(reasons)}")
        if reading.verdict is Verdict.PASS:
            return replace(reading, reason=f"passes although {'; '.join(reasons)}")
    return reading


def _latency(target: Target, targets: Targets, plan: Plan, measurement: Measurement) -> Reading:
    arrivals = measurement.arrivals(target.scenario or "")
    reading = _share_reading(target, targets.common, plan, arrivals, measurement.window_s)
    if len(arrivals) == 0:
        return reading
    low, high = quantile_interval(arrivals.at_s, arrivals.latency_ms, measurement.window_s, 0.05, targets.common.confidence)
    return replace(reading, value=quantile_with_failures(arrivals.latency_ms, 0.95), low=low, high=high)


def _goodput(target: Target, targets: Targets, plan: Plan, measurement: Measurement) -> Reading:
    arrivals = measurement.arrivals(target.scenario or "")
    by_address = np.isin(arrivals.operation, sorted(BY_ADDRESS))
    limited = np.asarray((arrivals.outcome == "limited") & (arrivals.status == 429) & by_address)
    reading = _share_reading(target, targets.common, plan, arrivals, measurement.window_s)
    if len(arrivals) and limited.mean() > targets.common.limited_share_max and reading.verdict is not Verdict.PASS:
        return replace(
            reading,
            verdict=Verdict.NOT_OBSERVED,
            limited=True,
            reason=f"limit reached: {limited.mean():.1%} were answered 429 on operations that count by address (ERRATUM-04)",
        )
    return reading


def _share_reading(target: Target, common: Common, plan: Plan, arrivals: Arrivals, window_s: float, enough: bool | None = None) -> Reading:
    """The rules for a share of arrivals that may exceed a bound or fail."""
    if len(arrivals) == 0:
        return Reading(Verdict.NOT_OBSERVED, f"no arrival of {target.scenario} was recorded")
    if len(arrivals) != arrivals.scheduled:
        return Reading(Verdict.INVALID, f"{arrivals.scheduled} arrivals were due, {len(arrivals)} are recorded", samples=len(arrivals))
    latency = target.metric == "latency.p95"
    allowed = 0.05 if latency else 1 - target.value / 100
    at_or_over = np.greater_equal if target.op == "<" else np.greater
    bad = at_or_over(arrivals.latency_ms, target.value) if latency else ~arrivals.correct
    seconds = count_seconds(arrivals.at_s, np.asarray(bad), window_s)
    share = seconds.share(common.confidence)
    kept = [100 * (1 - part) for part in (share.value, share.upper, share.lower)]
    value, low, high = (None, None, None) if latency else kept
    tau_s = _tau(seconds, arrivals if latency else None, window_s)
    minimum = target.minimum(plan.depth)
    if enough is None:
        enough = minimum is not None and len(arrivals) >= minimum.samples and window_s >= minimum.duration_s
    long_enough = window_s >= common.tau_multiple["p95" if latency else "ratio"] * tau_s
    verdict, reason = _decide(
        share, seconds, allowed, common, enough, long_enough, waived=latency and _at_half(target, arrivals, window_s, common)
    )
    if verdict is Verdict.NOT_OBSERVED and enough:
        reason = f"{reason}; {_time_needed(share, allowed, window_s)}"
    return Reading(verdict, reason, value, low, high, len(arrivals))


def _decide(
    share: Share, seconds: Seconds, allowed: float, common: Common, enough: bool, long_enough: bool, waived: bool
) -> tuple[Verdict, str]:
    interval = f"90 % interval {share.lower:.2%} to {share.upper:.2%}"
    seen = f"{share.value:.2%} of arrivals are over the bound or failed (allowed {allowed:.0%}, {interval})"
    if share.lower > allowed and enough and long_enough:
        return Verdict.FAIL, seen
    if seconds.share(common.deferred_confidence).lower > allowed:
        return Verdict.FAIL, f"{seen}, beyond doubt even in this window"
    if not enough:
        return Verdict.NOT_OBSERVED, f"too few samples or too short a window; {seen}"
    if share.upper >= allowed:
        return Verdict.NOT_OBSERVED, f"the interval straddles the bound: {seen}"
    if not long_enough and not waived:
        return Verdict.NOT_OBSERVED, f"the broker drifts too slowly for this window; {seen}"
    return Verdict.PASS, ""


def _tau(seconds: Seconds, arrivals: Arrivals | None, window_s: float) -> float:
    """The autocorrelation time in seconds: of the share by second, and of the log median by second where latency is judged."""
    share = np.divide(seconds.exceeding, seconds.arrivals, out=np.zeros_like(seconds.exceeding), where=seconds.arrivals > 0)
    times = [autocorrelation_time(share)]
    if arrivals is not None:
        block = np.clip(arrivals.at_s.astype(np.int64), 0, len(seconds.arrivals) - 1)
        finite = np.isfinite(arrivals.latency_ms)
        medians = [np.median(arrivals.latency_ms[finite & (block == index)]) for index in np.unique(block[finite])]
        times.append(autocorrelation_time(np.log(np.maximum(np.array(medians), 1e-3))))
    return max(times) * window_s / len(seconds.arrivals)


def _at_half(target: Target, arrivals: Arrivals, window_s: float, common: Common) -> bool:
    """Whether a latency would pass at half its bound, which waives the rule about slow drift."""
    share = count_seconds(arrivals.at_s, arrivals.latency_ms >= common.tau_waiver * target.value, window_s).share(common.confidence)
    return share.upper < 0.05


def _time_needed(share: Share, allowed: float, window_s: float) -> str:
    seconds = seconds_needed(share, allowed, window_s)
    return "too close to the bound to decide" if seconds > DAY_S else f"about {max(seconds, window_s):.0f} s would decide it"


def _agents(target: Target, targets: Targets, plan: Plan, measurement: Measurement) -> Reading:
    served, seen = measurement.agents_served()
    arrivals = measurement.arrivals(target.scenario or "")
    minimum = target.minimum(plan.depth)
    if seen == 0:
        return Reading(Verdict.NOT_OBSERVED, "no intent to any agent was recorded")
    reading = Reading(Verdict.PASS, "shown in this window", float(served), samples=len(arrivals))
    if served < seen:
        short = replace(reading, verdict=Verdict.FAIL, reason=f"{seen - served} of {seen} agents were let down")
        return short if plan.depth.reaches(target.depth) else replace(short, verdict=Verdict.NOT_OBSERVED)
    if minimum is None or len(arrivals) < minimum.samples or seen < target.value:
        seen_text = (
            f"all {seen} agents that had traffic in this window were served; it takes longer until each of {target.value:.0f} has some"
        )
        return replace(reading, verdict=Verdict.NOT_OBSERVED, value=None, reason=seen_text)
    return reading


def _maximum(value_of: Callable[[Measurement, Targets], float | None]) -> Callable[[Target, Targets, Plan, Measurement], Reading]:
    """The rule for a maximum or a demonstration: the value itself. Some fail at any depth, as more time cannot undo them."""

    def read(target: Target, targets: Targets, plan: Plan, measurement: Measurement) -> Reading:
        value = value_of(measurement, targets)
        if value is None:
            return Reading(Verdict.NOT_OBSERVED, "nothing was measured")
        at_any_depth = target.metric in targets.interval["none"]["fails_at_any_depth"]
        within = value < target.value if target.op == "<" else value <= target.value
        if not within:
            fails = at_any_depth or plan.depth.reaches(target.depth)
            return Reading(Verdict.FAIL if fails else Verdict.NOT_OBSERVED, "over the bound in this window", value, samples=1)
        minimum = target.minimum(plan.depth)
        if minimum is None or measurement.window_s < minimum.duration_s:
            return Reading(Verdict.NOT_OBSERVED, "too short a window", value, samples=1)
        return Reading(Verdict.PASS, "shown in this window", value, samples=int(measurement.window_s))

    return read


def _ready(target: Target, plan: Plan) -> Reading:
    starts = [float(value) for value in plan.target.facts.get("ready_s", [])]
    minimum = target.minimum(plan.depth)
    if not starts:
        return Reading(Verdict.NOT_OBSERVED, "the harness did not start this broker")
    worst = max(starts)
    if worst >= target.value:
        return Reading(Verdict.FAIL, f"ready after {worst:.1f} s", worst, samples=len(starts))
    if minimum is None or len(starts) < minimum.samples:
        return Reading(
            Verdict.NOT_OBSERVED,
            f"{len(starts)} starts were seen, {minimum.samples if minimum else 0} are needed",
            worst,
            samples=len(starts),
        )
    return Reading(Verdict.PASS, "shown in this window", worst, samples=len(starts))


def _cpu(measurement: Measurement, targets: Targets) -> float | None:
    means = measurement.broker_cpu()
    return quantile_with_failures(means, 0.95) if len(means) else None


def _memory(measurement: Measurement, targets: Targets) -> float | None:
    most = measurement.broker_memory_bytes()
    return None if most is None else most / targets.common.mb_bytes


def _connections(measurement: Measurement, targets: Targets) -> float | None:
    count = measurement.database_connections()
    return None if count is None else float(count)


_READERS: Mapping[str, Callable[[Target, Targets, Plan, Measurement], Reading]] = {
    "latency.p95": _latency,
    "goodput.ratio": _goodput,
    "agents.served": _agents,
    "cpu.p95": _maximum(_cpu),
    "memory.max": _maximum(_memory),
    "postgres.connections.max": _maximum(_connections),
}


def _aim(target: Target, reading: Reading, measurement: Measurement | None) -> str | None:
    """An aim is met only by a load that asks for it, and this version runs the phase load alone."""
    if target.aim is None:
        return None
    return f"{target.aim.per_minute:,.0f} a minute: not shown"


def finite(value: float | None) -> Any:
    """A number for JSON: 'inf' where infinite."""
    return "inf" if value is not None and math.isinf(value) else value
