"""Conditions: what must hold beside a target's number, such as no 10 s in which a twentieth fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ainp_harness.judging.measurement import Arrivals, Measurement
from ainp_harness.judging.statistics import quantile_with_failures, theil_sen_change
from ainp_harness.judging.verdict import ConditionVerdict, Verdict
from ainp_harness.promises.targets import Target

BLOCK_S = 10


def judge_condition(name: str, target: Target, measurement: Measurement, facts: Mapping[str, Any]) -> ConditionVerdict:
    """The verdict of a condition on the traffic that a target counts. `facts` are what the target told of itself."""
    match name:
        case "blocks-95":
            return _blocks(measurement.arrivals(target.scenario or ""))
        case "not-growing":
            return _not_growing(measurement.arrivals(target.scenario or ""), measurement.window_s)
        case "steady":
            return _steady(measurement)
        case "not-throttled":
            return _not_throttled(facts)
    return ConditionVerdict(name, Verdict.NOT_OBSERVED, "this version does not look at it")


def _blocks(arrivals: Arrivals) -> ConditionVerdict:
    blocks = (arrivals.at_s // BLOCK_S).astype(int)
    for block in np.unique(blocks):
        correct = float(arrivals.correct[blocks == block].mean())
        if correct < 0.95:
            return ConditionVerdict("blocks-95", Verdict.FAIL, f"{correct:.1%} correct from {block * BLOCK_S} s on, expected 95 %")
    return ConditionVerdict("blocks-95", Verdict.PASS, f"{len(np.unique(blocks))} blocks of {BLOCK_S} s")


def _not_growing(arrivals: Arrivals, window_s: float) -> ConditionVerdict:
    third = window_s / 3
    first, last = arrivals.latency_ms[arrivals.at_s < third], arrivals.latency_ms[arrivals.at_s >= 2 * third]
    if len(first) == 0 or len(last) == 0:
        return ConditionVerdict("not-growing", Verdict.NOT_OBSERVED, "no arrivals in the first or last third")
    before, after = quantile_with_failures(first, 0.95), quantile_with_failures(last, 0.95)
    verdict = Verdict.PASS if after <= 1.5 * before + 5 else Verdict.FAIL
    return ConditionVerdict("not-growing", verdict, f"p95 {before:.1f} ms in the first third, {after:.1f} ms in the last")


def _not_throttled(facts: Mapping[str, Any]) -> ConditionVerdict:
    """Without a quota nothing can be throttled; the share of throttled periods under one is not recorded by this version."""
    if facts.get("cpu_quota") == "none":
        return ConditionVerdict("not-throttled", Verdict.PASS, "the broker has no CPU quota")
    return ConditionVerdict("not-throttled", Verdict.NOT_OBSERVED, "it is not known whether the broker was throttled")


def _steady(measurement: Measurement) -> ConditionVerdict:
    means = measurement.broker_cpu()
    if len(means) < 3:
        return ConditionVerdict("steady", Verdict.NOT_OBSERVED, f"{len(means)} means of 10 s")
    change, allowed = abs(theil_sen_change(means)), max(0.1 * float(means.mean()), 3.0)
    verdict = Verdict.PASS if change <= allowed else Verdict.NOT_OBSERVED
    return ConditionVerdict("steady", verdict, f"CPU changed by {change:.1f} % of a core over the window, allowed {allowed:.1f}")
