"""The pure parts: numbers in words, cleaning, bullets, series and exchanges."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.judging.verdict import TargetVerdict, Verdict
from ainp_harness.promises.targets import requirement_of
from reports.bullets import bullet
from reports.exchange_text import exchange_text
from reports.series import clock_of, latencies, throughput, usages
from reports.words import after_status, bounded, clean, lasting, number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (12.0, "12"),
        (0.05, "0.05"),
        (2.314, "2.31"),
        (99.98, "99.98"),
        (812.4, "812"),
        (163.8, "164"),
        (1_234_567.0, "1,234,567"),
        (math.inf, "∞"),
        (None, "–"),
        (-3.5, "-3.5"),
        (1e-9, "0"),
    ],
)
def test_numbers_are_written_short(value: float | None, shown: str) -> None:
    assert number(value) == shown


@given(st.text())
def test_cleaned_text_is_safe_for_a_terminal_xml_and_utf8(text: str) -> None:
    shown = clean(text)

    shown.encode("utf-8")
    assert not [char for char in shown if (ord(char) < 32 and char not in "\n\t") or 0x7F <= ord(char) < 0xA0]


def test_bounded_text_counts_what_is_left_out() -> None:
    assert bounded("abcdef", 4) == "abcd … (2 more characters)"


def test_the_status_is_not_said_twice() -> None:
    assert after_status("FAILED  phase-0.3: 3 failed", "FAILED") == "phase-0.3: 3 failed"
    assert after_status("FAILED", "FAILED") == "FAILED"


@pytest.mark.parametrize(("seconds", "words"), [(47.6, "48 s"), (680, "11 min 20 s"), (11_100, "3 h 05 min")])
def test_times_are_written_short(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


@pytest.mark.parametrize(("identifier", "requirement"), [("AINP-OPS-005a", "AINP-OPS-005"), ("AINP-PRF-001", "AINP-PRF-001")])
def test_a_target_belongs_to_a_requirement(identifier: str, requirement: str) -> None:
    assert requirement_of(identifier) == requirement


def measured(
    op: str, bound: float, value: float | None, unit: str = "ms", low: float | None = None, high: float | None = None
) -> TargetVerdict:
    return TargetVerdict("T", "s", "x", "m", op, bound, unit, Verdict.PASS, "", value=value, low=low, high=high)


def test_a_bullet_puts_the_bound_between_good_and_bad() -> None:
    drawn = bullet(measured("<", 500, 250, low=200, high=300))

    assert drawn is not None
    assert (drawn.good_from, drawn.good_to) == (0, drawn.bound)
    assert drawn.low < drawn.value < drawn.high < drawn.bound < 100  # type: ignore[operator]


def test_a_bullet_for_at_least_is_good_to_the_right() -> None:
    drawn = bullet(measured(">=", 99, 100, "%", 97.7, 100))

    assert drawn is not None
    assert (drawn.good_from, drawn.good_to, drawn.value) == (drawn.bound, 100, 100)


@given(
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(0, 1e9),
    st.floats(0, allow_nan=False),
    st.sampled_from(["ms", "%", "agents"]),
    st.none() | st.floats(0, allow_nan=False),
)
def test_a_bullet_stays_inside_its_picture(op: str, bound: float, value: float, unit: str, high: float | None) -> None:
    drawn = bullet(measured(op, bound, value, unit, high=high))

    assert drawn is not None
    assert all(place is None or 0 <= place <= 100 for place in (drawn.bound, drawn.value, drawn.high, drawn.good_from, drawn.good_to))


def test_nothing_measured_gives_no_bullet() -> None:
    assert bullet(measured("<", 5, None)) is None


def samples(latency_us: list[int], outcomes: list[str], second: list[float]) -> dict[str, Any]:
    intended = (np.array(second) * 1e6).astype(np.int64) + 1_000_000_000
    names = np.array(["a"] * len(second), dtype=object)
    return {
        "scenario": names,
        "intended_us": intended,
        "dispatched_us": intended,
        "latency_us": np.array(latency_us),
        "outcome": np.array(outcomes, dtype=object),
    }


def test_what_never_answered_counts_as_infinitely_slow() -> None:
    rows = samples([1000, 2000, -1, 3000], ["correct", "correct", "unsent", "correct"], [0.0, 0.1, 0.2, 2.5])
    clock = clock_of(None, rows)

    (series,) = latencies(rows, clock)

    p50, p95, _ = series.quantiles_ms
    assert (p50[0], p95[0], p50[2]) == (2.0, math.inf, 3.0)
    assert math.isnan(p50[1])
    assert (series.unsent.tolist(), series.failed.tolist()) == ([1, 0, 0], [0, 0, 0])


def test_throughput_tells_offered_from_correct() -> None:
    rows = samples([1, 1, -1], ["correct", "limited", "failed"], [0.0, 0.5, 0.9])

    flow = throughput(rows, clock_of(None, rows))

    assert (flow.offered.tolist(), flow.correct.tolist()) == ([3.0], [1.0])


def test_a_long_run_is_cut_into_longer_pieces() -> None:
    seconds = [float(at) for at in range(0, 36_000, 10)]
    rows = samples([1000] * len(seconds), ["correct"] * len(seconds), seconds)

    clock = clock_of(None, rows)

    assert clock.piece_s == 120
    assert clock.pieces <= 301


def test_a_restart_leaves_a_gap_in_cpu() -> None:
    rows: dict[str, Any] = {
        "time_us": np.array([0, 1_000_000, 2_000_000, 3_000_000]),
        "role": np.array(["broker"] * 4, dtype=object),
        "instance": np.array(["i"] * 4, dtype=object),
        "started_us": np.array([1, 1, 2, 2]),
        "rss_bytes": np.array([5, 5, 5, 5]) * 10**6,
        "pss_bytes": np.array([-1, 4, 4, 4]) * 10**6,
        "cpu_s": np.array([0.0, 0.5, 0.0, 0.25]),
    }

    (usage,) = usages(rows, 0)

    assert np.array_equal(usage.cpu_percent, [math.nan, 50, math.nan, 25], equal_nan=True)
    assert usage.memory_mb[1:].tolist() == [4, 4, 4]


def test_a_websocket_shows_its_frames_and_no_command() -> None:
    frames = [{"at_ms": 1, "sent": True, "text": "hello"}, {"at_ms": 2, "sent": False, "text": "\x1b[2J"}]

    shown = exchange_text(
        {"id": "w", "kind": "ws", "request": {"method": "GET", "target": "/ws"}, "frames": frames, "close_code": 1008}, "http://b"
    )

    assert shown.answer == "sent      hello\nreceived  \\x1b[2J\nclosed with 1008"
    assert shown.curl == ""


def test_a_command_quotes_what_it_carries() -> None:
    shown = exchange_text(
        {"id": "c", "kind": "http", "request": {"method": "POST", "target": "/x", "body": {"text": "'; rm -rf ~"}}}, "http://b/"
    )

    assert shown.curl == "curl -i -X POST http://b/x \\\n  --data-binary ''\"'\"'; rm -rf ~'"


@pytest.mark.parametrize("failure", [{"kind": "timeout", "message": "no answer within 5 s"}, {}])
def test_no_answer_is_said(failure: dict[str, str]) -> None:
    shown = exchange_text(
        {"id": "c", "kind": "http", "request": {"method": "GET", "target": "/x"}, "response": None, "failure": failure or None}, ""
    )

    assert ("no answer: timeout" in shown.title) is bool(failure)
