"""A binding read from data: every key, operation and placeholder known, every value of its type, else an error that names the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ainp_harness.wire.binding import PLACEHOLDERS, Binding, Operation, ProofKind, placeholder_in

OPERATIONS = frozenset(
    {
        "health", "ready", "capabilities", "register", "unregister", "get_agent", "credits", "discover_text", "discover", "advertise",
        "send_intent", "intent_status", "cancel_intent", "poll", "mark_read", "confirm", "websocket",
        "negotiate", "negotiate_create", "negotiate_propose", "negotiate_accept", "negotiate_reject", "negotiate_settle", "get_negotiation",
    }
)  # fmt: skip

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "WS"})

_READERS_KEYS = frozenset({"answer", "errors", "note", "proposed"})
_OPERATION_KEYS = frozenset({"method", "path", "proof", "headers", "body", "success", "pick", "confirm", "phase"}) | _READERS_KEYS
_HEAD_KEYS = frozenset(
    {
        "name",
        "error",
        "status_codes",
        "codes",
        "declares",
        "intent_payload",
        "unknown_path",
        "forbidden_paths",
        "not_observable",
        "limits_note",
        "error_shapes",
    }
)


class BindingError(ValueError):
    """A binding says something that has no meaning. `where` is the path of the key at fault, outermost first."""

    def __init__(self, where: tuple[str, ...], message: str) -> None:
        super().__init__(f"{'.'.join(where)}: {message}")
        self.where = where
        self.message = message


def parse_binding(data: Mapping[str, Any]) -> Binding:
    """Make a binding of the tables of its file.

    Raises:
        BindingError: an unknown key, operation or placeholder, or a value of the wrong type.
    """
    operations = {}
    for key, table in data.items():
        if key in _HEAD_KEYS:
            continue
        if key not in OPERATIONS:
            raise BindingError((key,), "neither an operation nor a key of a binding")
        operations[key] = _operation(key, table)
    return Binding(
        name=_typed(data, ("name",), str, ""),
        operations=operations,
        data=data,
        error=_strings(data, ("error",)),
        codes=_strings(data, ("codes",)),
        status_codes=_strings(data, ("status_codes",)),
        declares=_typed(data, ("declares",), dict, {}),
        unknown_path=_typed(data, ("unknown_path",), str, None),
        forbidden_paths=tuple(_typed(data, ("forbidden_paths",), list, [])),
        not_observable=_not_observable(data),
    )


def _operation(name: str, table: Any) -> Operation:
    if not isinstance(table, Mapping):
        raise BindingError((name,), "an operation is a table")
    for key in table:
        if key not in _OPERATION_KEYS:
            raise BindingError((name, key), f"unknown; an operation has {', '.join(sorted(_OPERATION_KEYS - _READERS_KEYS))}")
    where = (name,)
    path = _typed(table, (*where, "path"), str, "")
    if not path.startswith("/"):
        raise BindingError((name, "path"), f"a path begins with '/', not {path!r}")
    if (method := _typed(table, (*where, "method"), str, "").upper()) not in METHODS:
        raise BindingError((name, "method"), f"one of {', '.join(sorted(METHODS))}, not {method!r}")
    body, confirm = (_template(table, (*where, key)) for key in ("body", "confirm"))
    headers = _strings(table, (*where, "headers"))
    for key, template in (("path", path), ("body", body), ("confirm", confirm), ("headers", headers)):
        _check_placeholders((name, key), template)
    success = _typed(table, (*where, "success"), list, [])
    if not success or not all(isinstance(status, int) and not isinstance(status, bool) for status in success):
        raise BindingError((name, "success"), "a list of HTTP statuses that mean done")
    try:
        proof = ProofKind(table.get("proof", ""))
    except ValueError as error:
        raise BindingError((name, "proof"), f"one of {', '.join(ProofKind)}") from error
    return Operation(
        name=name,
        method=method,
        path=path,
        proof=proof,
        success=frozenset(success),
        headers=headers,
        body=body,
        pick=_strings(table, (*where, "pick")),
        confirm=confirm,
    )


def _template(table: Mapping[str, Any], where: tuple[str, ...]) -> Any:
    text = table.get(where[-1])
    if text is None:
        return None
    if not isinstance(text, str):
        raise BindingError(where, "a text that holds JSON, or '{envelope}'")
    if placeholder_in(text) is not None:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BindingError(where, f"neither JSON nor a placeholder ({error})") from error


def _check_placeholders(where: tuple[str, ...], template: Any) -> None:
    texts = [template] if isinstance(template, str) else _texts_of(template)
    for text in texts:
        for part in text.split("{")[1:]:
            name, closed, _ = part.partition("}")
            if not closed or name not in PLACEHOLDERS:
                raise BindingError(where, f"unknown placeholder {{{name}}}")


def _texts_of(template: Any) -> list[str]:
    if isinstance(template, Mapping):
        return [text for value in template.values() for text in _texts_of(value)]
    if isinstance(template, list):
        return [text for value in template for text in _texts_of(value)]
    return [template] if isinstance(template, str) else []


def _typed(data: Mapping[str, Any], where: tuple[str, ...], kind: type, default: Any) -> Any:
    if where[-1] not in data:
        if default == "":
            raise BindingError(where, "missing")
        return default
    value = data[where[-1]]
    if not isinstance(value, kind):
        raise BindingError(where, f"not a {kind.__name__}")
    return value


def _strings(data: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, str]:
    table = _typed(data, where, dict, {})
    for key, value in table.items():
        if not isinstance(value, str):
            raise BindingError((*where, key), "not a text")
    return dict(table)


def _not_observable(data: Mapping[str, Any]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for entry in _typed(data, ("not_observable",), list, []):
        if not isinstance(entry, Mapping) or set(entry) != {"requirements", "reason"}:
            raise BindingError(("not_observable",), "each entry has requirements and a reason")
        if not isinstance(entry["requirements"], list) or not all(isinstance(identifier, str) for identifier in entry["requirements"]):
            raise BindingError(("not_observable", "requirements"), "not a list of requirement ids")
        reasons |= dict.fromkeys(entry["requirements"], str(entry["reason"]))
    return reasons
