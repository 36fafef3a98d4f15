"""A binding read from data: every key, operation and placeholder known, every value of its type, else an error that names the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ainp_harness.wire import binding_head as head
from ainp_harness.wire.binding import PLACEHOLDERS, Binding, Operation, ProofKind, placeholder_in
from ainp_harness.wire.binding_values import BindingError, strings, typed
from ainp_harness.wire.payloads import AdvertisePayload, IntentPayload

__all__ = ["BindingError", "parse_binding"]

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


def parse_binding(data: Mapping[str, Any]) -> Binding:
    """Make a binding of the tables of its file.

    Raises:
        BindingError: an unknown key, operation or placeholder, or a value of the wrong type.
    """
    operations = {}
    for key, table in data.items():
        if key in head.HEAD_KEYS or _only_phases(key, table):
            continue
        if key not in OPERATIONS:
            raise BindingError((key,), "neither an operation nor a key of a binding")
        operations[key] = _operation(key, table)
    return Binding(
        name=typed(data, ("name",), str, ""),
        operations=operations,
        data=data,
        error=head.error_fields(data),
        codes=head.synonyms(data),
        status_codes=head.codes_of_statuses(data),
        declares=head.declared(data),
        unknown_path=typed(data, ("unknown_path",), str, None),
        forbidden_paths=head.forbidden(data),
        not_observable=head.not_observable(data),
        phases=head.phases(typed(data, ("negotiate",), dict, {}), operations),
        intent_payload=head.word(data, "intent_payload", IntentPayload, IntentPayload.FREEFORM_NOTE),
        advertise_payload=head.word(data, "advertise_payload", AdvertisePayload, AdvertisePayload.CAPABILITIES),
    )


def _only_phases(key: str, table: Any) -> bool:
    """Whether this is a `negotiate` that is carried by one operation a phase, and has no request of its own."""
    return key == "negotiate" and isinstance(table, Mapping) and "phase" in table and table.keys() <= {"phase", *_READERS_KEYS}


def _operation(name: str, table: Any) -> Operation:
    if not isinstance(table, Mapping):
        raise BindingError((name,), "an operation is a table")
    for key in table:
        if key not in _OPERATION_KEYS:
            raise BindingError((name, key), f"unknown; an operation has {', '.join(sorted(_OPERATION_KEYS - _READERS_KEYS))}")
    if "phase" in table:
        raise BindingError((name, "phase"), "stands in negotiate alone, and there without a request: each phase names its operation")
    where = (name,)
    path = typed(table, (*where, "path"), str, "")
    if not path.startswith("/"):
        raise BindingError((name, "path"), f"a path begins with '/', not {path!r}")
    if (method := typed(table, (*where, "method"), str, "").upper()) not in METHODS:
        raise BindingError((name, "method"), f"one of {', '.join(sorted(METHODS))}, not {method!r}")
    body, confirm = (_template(table, (*where, key)) for key in ("body", "confirm"))
    headers = strings(table, (*where, "headers"))
    for key, template in (("path", path), ("body", body), ("confirm", confirm), ("headers", headers)):
        _check_placeholders((name, key), template)
    success = typed(table, (*where, "success"), list, [])
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
        pick=strings(table, (*where, "pick")),
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
