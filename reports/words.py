"""The words, marks and numbers that every renderer shares, and the cleaning of text that came from a broker.

A verdict is always shown as a mark and a word, so that nothing depends on colour.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from ainp_harness.judging.verdict import Verdict

MARKS = {
    Verdict.FAIL: "✕",
    Verdict.INVALID: "⚠",
    Verdict.NOT_OBSERVED: "?",
    Verdict.DISPUTED: "≠",
    Verdict.WARN: "!",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.WAIVED: "~",
    Verdict.DEFERRED: "…",
    Verdict.OUT_OF_REACH: "⊘",
}

LABELS = {
    Verdict.FAIL: "failed",
    Verdict.INVALID: "invalid",
    Verdict.NOT_OBSERVED: "not observed",
    Verdict.DISPUTED: "disputed",
    Verdict.WARN: "warning",
    Verdict.PASS: "passed",
    Verdict.NOT_APPLICABLE: "not applicable",
    Verdict.WAIVED: "waived",
    Verdict.DEFERRED: "deferred",
    Verdict.OUT_OF_REACH: "out of reach",
}

TONES = {
    Verdict.FAIL: "bad",
    Verdict.INVALID: "unsure",
    Verdict.NOT_OBSERVED: "unsure",
    Verdict.DISPUTED: "unsure",
    Verdict.WARN: "warn",
    Verdict.PASS: "good",
    Verdict.NOT_APPLICABLE: "quiet",
    Verdict.WAIVED: "waived",
    Verdict.DEFERRED: "quiet",
    Verdict.OUT_OF_REACH: "quiet",
}

OPERATORS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "="}
"""Anything else is shown as it stands."""

ABBREVIATIONS = {"did": "DIDs", "dids": "DIDs", "ttl": "Time to live", "qos": "Quality of service", "websocket": "WebSocket"}

UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, what reorders or hides text, and what neither UTF-8 nor XML can carry."""


def clean(text: str) -> str:
    """The text with everything that could steer a terminal, hide from a reader or break XML made visible as an escape."""
    return UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


def bounded(text: str, limit: int) -> str:
    """At most `limit` characters, cleaned; what is left out is counted."""
    left_out = len(text) - limit
    return clean(text) if left_out <= 0 else f"{clean(text[:limit])} … ({left_out:,} more characters)"


def one_line(text: str, limit: int = 300) -> str:
    """Cleaned, on one line and bounded, for tables and messages."""
    return bounded(" ".join(text[: limit * 4].split()), limit)


def number(value: float | None) -> str:
    """A number as people write it: three significant digits, whole ones whole."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    places = 2 - math.floor(math.log10(abs(value)))
    # 99.98 % must not be rounded to 100: close to a whole hundred, more digits are kept.
    if abs(value) > 90:
        places = 2
    return f"{value:.{min(places, 6)}f}".rstrip("0").rstrip(".")


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit."""
    return number(value) if value is None else f"{number(value)} {unit}".strip()


def bound(op: str, value: float, unit: str) -> str:
    return f"{OPERATORS.get(op, op)} {quantity(value, unit)}"


def moment(milliseconds: float | None) -> str:
    """A Unix time as UTC; a dash where it is missing or absurd."""
    if milliseconds is None:
        return "–"
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "–"


def lasting(seconds: float) -> str:
    """A length of time: 48 s, 11 min 20 s, 3 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def area_title(area: str) -> str:
    words = area.replace("-", " ").replace("_", " ").strip()
    return ABBREVIATIONS.get(words.lower(), words[:1].upper() + words[1:])


def after_status(headline: str, status: str) -> str:
    """The headline without the status that it begins with, where the status already stands above it."""
    flat, first = one_line(headline, 600), one_line(status, 600)
    return flat.removeprefix(first).strip() or flat


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
