"""The head of a binding: what it says of the surface as a whole, each part checked against the words that the harness knows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from ainp_harness.wire.binding_values import BindingError, Where, strings, texts, typed
from ainp_harness.wire.errors import ErrorCode

HEAD_KEYS = frozenset(
    {
        "name", "error", "status_codes", "codes", "declares", "intent_payload", "advertise_payload", "unknown_path", "forbidden_paths",
        "not_observable", "limits_note", "error_shapes",
    }
)  # fmt: skip

ERROR_FIELDS = frozenset({"error_code", "error_message", "retry_after_ms", "intent_id"})

DECLARED: Mapping[str, type] = {
    "features": list, "limits": dict, "embedding": dict, "schemes": list, "did": str, "instance": str,
    "revision": str, "tags": str, "beside": str, "note": str,
}  # fmt: skip

DECLARED_NUMBERS = frozenset({"min_similarity", "fan_out"})

PHASES = frozenset({"OFFER", "COUNTER", "ACCEPT", "REJECT", "ABORT", "TIMEOUT"})

Word = TypeVar("Word", bound=StrEnum)


def error_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Where an error's fields stand."""
    fields = strings(data, ("error",))
    for name in fields:
        if name not in ERROR_FIELDS:
            raise BindingError(("error", name), f"unknown; an error has {', '.join(sorted(ERROR_FIELDS))}")
    return fields


def synonyms(data: Mapping[str, Any]) -> dict[str, str]:
    """A code of this broker = the standard code it stands for."""
    found = strings(data, ("codes",))
    for own, code in found.items():
        _check_code(("codes", own), code)
    return found


def codes_of_statuses(data: Mapping[str, Any]) -> dict[str, str]:
    """The code meant by a status whose body has none."""
    found = strings(data, ("status_codes",))
    for status, code in found.items():
        if not (status.isdecimal() and 400 <= int(status) <= 599):
            raise BindingError(("status_codes", status), "not a status of an error, from 400 to 599")
        _check_code(("status_codes", status), code)
    return found


def declared(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a broker without an operation capabilities declares by its binding."""
    told = typed(data, ("declares",), dict, {})
    for name, value in told.items():
        where = ("declares", name)
        if name in DECLARED_NUMBERS:
            _check_number(where, value)
        elif name in DECLARED:
            typed(told, where, DECLARED[name], None)
        else:
            raise BindingError(where, f"unknown; a broker declares {', '.join(sorted(DECLARED_NUMBERS | DECLARED.keys()))}")
    for name in ("features", "schemes"):
        texts(told, ("declares", name))
    for name, value in told.get("limits", {}).items():
        _check_number(("declares", "limits", name), value)
    return dict(told)


def word(data: Mapping[str, Any], key: str, words: type[Word], default: Word) -> Word:
    """One of a closed set of words."""
    text = typed(data, (key,), str, str(default))
    if text not in list(words):
        raise BindingError((key,), f"one of {', '.join(words)}, not {text!r}")
    return words(text)


def forbidden(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths that must be closed, as "METHOD path"."""
    paths = texts(data, ("forbidden_paths",))
    for entry in paths:
        method, _, path = entry.partition(" ")
        if not method.isupper() or not path.startswith("/"):
            raise BindingError(("forbidden_paths",), f"each is 'METHOD /path', not {entry!r}")
    return tuple(paths)


def phases(table: Mapping[str, Any], operations: Mapping[str, Any]) -> dict[str, str]:
    """Negotiation phase -> the operation of this binding that carries it."""
    found = strings(table, ("negotiate", "phase"))
    for phase, operation in found.items():
        if phase not in PHASES:
            raise BindingError(("negotiate", "phase", phase), f"unknown; a phase is one of {', '.join(sorted(PHASES))}")
        if operation not in operations:
            raise BindingError(("negotiate", "phase", phase), f"{operation!r} is no operation of this binding")
    return found


def not_observable(data: Mapping[str, Any]) -> dict[str, str]:
    """Requirement id -> the reason for which it cannot be seen on this surface."""
    reasons: dict[str, str] = {}
    for index, entry in enumerate(typed(data, ("not_observable",), list, [])):
        where: Where = ("not_observable", index)
        if not isinstance(entry, Mapping) or set(entry) != {"requirements", "reason"}:
            raise BindingError(where, "each entry has requirements and a reason")
        identifiers, reason = texts(entry, (*where, "requirements")), typed(entry, (*where, "reason"), str, "")
        if not identifiers or not reason.strip():
            raise BindingError(where, "each entry has requirements and a reason")
        reasons |= dict.fromkeys(identifiers, reason)
    return reasons


def _check_code(where: Where, code: str) -> None:
    if code not in list(ErrorCode):
        raise BindingError(where, f"{code!r} is no code that the harness knows (docs/refusals.md)")


def _check_number(where: Where, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise BindingError(where, "not a number over 0")
