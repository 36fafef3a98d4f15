"""A binding: how logical operations map onto a broker's paths and shapes. Data, with the two functions that use it: render and pick.

A binding has no expressions, conditions or loops; docs/bindings.md says how one is written. Files are read in promises.bindings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import orjson

from ainp_harness.wire.payloads import AdvertisePayload, IntentPayload, bare_embeddings

PLACEHOLDERS = frozenset(
    {
        "did", "public_key", "capabilities", "capabilities_b64", "credentials", "ttl_ms", "query", "embedding", "tags", "tags_csv",
        "min_trust", "min_similarity", "limit", "envelope", "wait_ms", "delivery_ids", "message_id", "negotiation_id", "intent_id",
        "from_did", "to_did", "proposal", "max_rounds", "reason", "trust", "cursor",
    }
)  # fmt: skip

_TOKEN = re.compile("{(" + "|".join(sorted(PLACEHOLDERS)) + ")}")


class ProofKind(StrEnum):
    """How an operation shows whose it is."""

    NONE = "none"
    ENVELOPE = "envelope"
    HEADERS = "headers"


@dataclass(frozen=True)
class Operation:
    """One logical operation on one surface."""

    name: str
    method: str
    path: str
    proof: ProofKind
    success: frozenset[int]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    pick: Mapping[str, str] = field(default_factory=dict)
    confirm: Any = None


@dataclass(frozen=True)
class Rendered:
    """A request, ready to be sent: the target is path and query as they go on the request line."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Binding:
    """A broker's surface. `data` is what it was made from, which a run's plan keeps."""

    name: str
    operations: Mapping[str, Operation]
    data: Mapping[str, Any]
    error: Mapping[str, str]
    codes: Mapping[str, str] = field(default_factory=dict)
    status_codes: Mapping[str, str] = field(default_factory=dict)
    declares: Mapping[str, Any] = field(default_factory=dict)
    unknown_path: str | None = None
    forbidden_paths: tuple[str, ...] = ()
    not_observable: Mapping[str, str] = field(default_factory=dict)
    """Requirement id -> reason."""
    phases: Mapping[str, str] = field(default_factory=dict)
    """Negotiation phase -> the operation that carries it, on a surface that has one a phase; empty where `negotiate` carries them all."""
    intent_payload: IntentPayload = IntentPayload.FREEFORM_NOTE
    advertise_payload: AdvertisePayload = AdvertisePayload.CAPABILITIES

    def offers(self, operation: str) -> bool:
        return operation in self.operations or (operation == "negotiate" and bool(self.phases))

    def picks(self, operation: str, name: str) -> bool:
        """Whether the answers of this operation hold the field that is called so."""
        return operation in self.operations and name in self.operations[operation].pick

    def error_code(self, status: int, body: Any) -> str | None:
        """The standard code an error body stands for: its own, or its synonym, or the status's; None where there is none."""
        code = pick_path(self.error.get("error_code", "error_code"), body)
        if isinstance(code, str) and code and code.replace("_", "").isalnum() and code == code.upper():
            return self.codes.get(code, code)
        return self.status_codes.get(str(status))


def render(operation: Operation, values: Mapping[str, Any]) -> Rendered:
    """The request of an operation for these values of placeholders; what has no value is left out.

    Raises:
        ValueError: a placeholder of the path itself has no value.
    """
    values = _spelled_out(values)
    path, _, query = operation.path.partition("?")
    target = _fill_path(path, values)
    if pairs := [pair for pair in (_fill_pair(pair, values) for pair in query.split("&") if pair) if pair is not None]:
        target += "?" + "&".join(pairs)
    headers = {name: text for name, template in operation.headers.items() if (text := _fill_text(template, values)) is not None}
    body = b""
    if operation.body is not None:
        headers.setdefault("content-type", "application/json")
        body = orjson.dumps(_fill_value(operation.body, values))
    method = "GET" if operation.method == "WS" else operation.method  # a WebSocket opens by a GET (RFC 6455, 4.1)
    return Rendered(method, target, headers, body)


def _spelled_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those added that are another spelling of one that is there."""
    spelled = dict(values)
    if "capabilities" in values:
        spelled.setdefault("capabilities_b64", bare_embeddings(values["capabilities"]))
    if isinstance(tags := values.get("tags"), list):
        spelled.setdefault("tags_csv", ",".join(map(str, tags)))
    return spelled


def render_value(template: Any, values: Mapping[str, Any]) -> Any:
    """A JSON template with its placeholders filled: bodies and a WebSocket's confirm frame."""
    return _fill_value(template, values)


def pick_path(path: str, answer: Any) -> Any:
    """The field of a JSON answer at a path: member names joined by '.', '[]' after a list for each element, '' for the whole answer.

    None where the answer has no such field; within a list, elements without it are left out.
    """
    if path == "":
        return answer
    head, _, rest = path.partition(".")
    name, is_list = head.removesuffix("[]"), head.endswith("[]")
    if name:
        if not isinstance(answer, Mapping) or name not in answer:
            return None
        answer = answer[name]
    if not is_list:
        return pick_path(rest, answer)
    if not isinstance(answer, list):
        return None
    found = []
    for element in answer:
        value = pick_path(rest, element)
        if isinstance(value, list) and "[]" in rest:
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found


def pick(operation: Operation, name: str, answer: Any) -> Any:
    """The field that the operation's `pick` calls `name`; None where the surface or the answer does not have it."""
    path = operation.pick.get(name)
    return None if path is None else pick_path(path, answer)


def placeholder_in(text: str) -> str | None:
    return text[1:-1] if text.startswith("{") and text.endswith("}") and text[1:-1] in PLACEHOLDERS else None


def _fill_path(path: str, values: Mapping[str, Any]) -> str:
    filled = _substitute(path, values, _quoted)
    if filled is None:
        missing = next(name for name in _TOKEN.findall(path) if values.get(name) is None)
        raise ValueError(f"the path {path} needs a value of {{{missing}}}")
    return filled


def _fill_pair(pair: str, values: Mapping[str, Any]) -> str | None:
    return _substitute(pair, values, _quoted)


def _fill_text(template: str, values: Mapping[str, Any]) -> str | None:
    return _substitute(template, values, _text_of)


def _substitute(template: str, values: Mapping[str, Any], spell: Callable[[Any], str]) -> str | None:
    """The template filled in one pass, so that a value which looks like a placeholder stays as it is; None where one has no value."""
    if any(values.get(name) is None for name in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda token: spell(values[token[1]]), template)


def _quoted(value: Any) -> str:
    return quote(_text_of(value), safe=":")


def _fill_value(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        placeholder = placeholder_in(template)
        return values.get(placeholder) if placeholder is not None else _fill_text(template, values)
    if isinstance(template, Mapping):
        filled = {name: _fill_value(value, values) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not None}
    if isinstance(template, list):
        return [_fill_value(value, values) for value in template]
    return template


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
