"""verdict.json: a judged run as data, and back again without loss.

The shape is described in docs/bundle-format.md. Infinite numbers are written as "inf", for JSON has none.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from ainp_harness.judging.verdict import (
    CheckVerdict,
    ConditionVerdict,
    Finding,
    GateVerdict,
    RequirementVerdict,
    RunSummary,
    RunVerdict,
    TargetVerdict,
    Verdict,
)
from ainp_harness.promises.vocabulary import Depth, Level, Need

FORMAT = 1
INFINITIES = {"inf": math.inf, "-inf": -math.inf}


class MalformedVerdict(Exception):
    """A verdict.json that cannot be read: not JSON, another format, or a field missing or of the wrong kind."""


def verdict_to_json(verdict: RunVerdict) -> str:
    """The text of verdict.json; equal verdicts give equal texts. ASCII only, so that no character of a broker can break it."""
    fields = {"format": FORMAT, **{name: _plain(value) for name, value in _in_order(verdict).items()}}
    return json.dumps(fields, indent=1, allow_nan=False) + "\n"


def verdict_from_json(text: str | bytes) -> RunVerdict:
    """Raises MalformedVerdict."""
    try:
        fields = json.loads(text)
        if fields["format"] != FORMAT:
            raise MalformedVerdict(f"verdict format {fields['format']!r}; this version reads {FORMAT}")
        return _run_verdict(fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedVerdict(f"not a verdict: {type(error).__name__}: {error}") from error


def load_verdict(path: Path) -> RunVerdict:
    """Reads a verdict.json, or that of a bundle directory. Raises MalformedVerdict and OSError."""
    file = path / "verdict.json" if path.is_dir() else path
    return verdict_from_json(file.read_bytes())


def _in_order(verdict: RunVerdict) -> dict[str, Any]:
    fields = {field.name: getattr(verdict, field.name) for field in dataclasses.fields(verdict)}
    return {"headline": fields.pop("headline"), **fields}


def _plain(value: Any) -> Any:
    if isinstance(value, ConditionVerdict):
        return {"name": value.name, "outcome": value.verdict.value, "message": value.message}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def _number(value: Any) -> float:
    if isinstance(value, str):
        return INFINITIES[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _number_or_none(value: Any) -> float | None:
    return None if value is None else _number(value)


def _run_verdict(fields: dict[str, Any]) -> RunVerdict:
    return RunVerdict(
        **_only(fields, "status", "headline", "passed", "exit_code", "certifies", "in_scope", "unprobed"),
        run=_summary(fields["run"]),
        counts={Verdict(name): int(count) for name, count in fields["counts"].items()},
        requirements=tuple(_requirement(entry) for entry in fields["requirements"]),
        targets=tuple(_target(entry) for entry in fields["targets"]),
        signing_schemes=tuple(fields["signing_schemes"]),
        notes=tuple(fields["notes"]),
        next=tuple(fields["next"]),
        gates=tuple(_gate(entry) for entry in fields.get("gates", [])),
    )


def _gate(fields: dict[str, Any]) -> GateVerdict:
    checks = tuple(CheckVerdict(**_only(entry, "name", "reason"), verdict=Verdict(entry["verdict"])) for entry in fields["checks"])
    return GateVerdict(**_only(fields, "id", "title", "passed", "counted"), verdict=Verdict(fields["verdict"]), checks=checks)


def _summary(fields: dict[str, Any]) -> RunSummary:
    return RunSummary(
        **_only(fields, "run_id", "profile", "target", "url", "binding", "seed", "tool_version", "end_reason"),
        like=fields.get("like"),
        safe=bool(fields.get("safe", False)),
        depth=Depth(fields["depth"]),
        reach=tuple(Need(need) for need in fields["reach"]),
        created_ms=_number(fields["created_ms"]),
        areas=tuple(fields["areas"]),
        ended_ms=_number_or_none(fields["ended_ms"]),
    )


def _requirement(fields: dict[str, Any]) -> RequirementVerdict:
    return RequirementVerdict(
        **_only(fields, "id", "area", "statement", "source", "reason", "erratum", "waiver", "attempts", "failed_attempts"),
        level=Level(fields["level"]),
        depth=Depth(fields["depth"]),
        needs=tuple(Need(need) for need in fields["needs"]),
        verdict=Verdict(fields["verdict"]),
        findings=tuple(_finding(entry) for entry in fields["findings"]),
    )


def _finding(fields: dict[str, Any]) -> Finding:
    return Finding(
        **_only(fields, "message", "probe", "attempt", "expectation"),
        verdict=Verdict(fields["verdict"]),
        exchanges=tuple(fields["exchanges"]),
        erratum=fields.get("erratum"),
    )


def _target(fields: dict[str, Any]) -> TargetVerdict:
    return TargetVerdict(
        **_only(fields, "id", "statement", "scenario", "metric", "op", "unit", "reason", "samples", "indicated", "note", "aim"),
        bound=_number(fields["bound"]),
        verdict=Verdict(fields["verdict"]),
        value=_number_or_none(fields["value"]),
        low=_number_or_none(fields["low"]),
        high=_number_or_none(fields["high"]),
        conditions=tuple(_condition(entry) for entry in fields["conditions"]),
    )


def _condition(fields: dict[str, Any]) -> ConditionVerdict:
    return ConditionVerdict(**_only(fields, "name", "message"), verdict=Verdict(fields["outcome"]))


def _only(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names}
