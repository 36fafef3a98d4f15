"""Payloads of intents as JSON Schema: the six core ones, what a custom intent must hold, and the message of the servesys surface.

One file a schema; `common.json` holds what they share. Nothing is ever fetched. A schema is compiled when it is first asked for, and a
payload takes a few microseconds (docs/decisions/0003-dependencies.md). The embedding's bytes are counted and read here too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from ainp_harness.wire.embedding import parse_embedding
from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.payloads import MESSAGE_SCHEMA

INTENTS = ("request-meeting", "approval-request", "submit-info", "invoice", "freeform-note", "request-service")
"""The core intents (draft-00, intent schemas)."""


def intent_schema(name: str) -> str:
    """The URI of a core intent's schema."""
    return f"https://ainp.dev/schemas/intents/{name}/v1"


FILES: Mapping[str, str] = {**{intent_schema(name): name for name in INTENTS}, MESSAGE_SCHEMA: "message"}
"""Schema URI -> the file that describes its payload."""


@cache
def schema_file(name: str) -> dict[str, Any]:
    """A schema as data."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return found


def check_intent(schema: str, payload: Any) -> None:
    """An intent's payload fits its schema, which is one of FILES.

    Raises:
        WireError: UNSUPPORTED_SCHEMA with the member at fault.
    """
    _check(FILES[schema], payload)


def check_custom_intent(payload: Any) -> None:
    """An intent of a schema that nobody here knows holds what every custom intent must (draft-00, custom intent types).

    Raises:
        WireError: UNSUPPORTED_SCHEMA with the member at fault.
    """
    _check("custom", payload)


def _check(name: str, payload: Any) -> None:
    error = next(iter(_validator(name).iter_errors(payload)), None)
    if error is not None:
        raise WireError(ErrorCode.UNSUPPORTED_SCHEMA, _reason(error, name), _member(error))
    try:
        parse_embedding(payload["embedding"], "payload.embedding")
    except WireError as fault:
        raise WireError(ErrorCode.UNSUPPORTED_SCHEMA, str(fault)) from fault


@cache
def _validator(name: str) -> jsonschema_rs.Draft7Validator:
    common = schema_file("common")
    return jsonschema_rs.Draft7Validator(schema_file(name), registry=jsonschema_rs.Registry([(common["$id"], common)]))


def _member(error: jsonschema_rs.ValidationError) -> str:
    kind: Any = error.kind
    path = [*error.instance_path, *([kind.property] if kind.name == "required" else [])]
    return "payload" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _reason(error: jsonschema_rs.ValidationError, name: str) -> str:
    """In words of the schema's own: nothing of the payload is said again."""
    kind: Any = error.kind
    match kind.name:
        case "required":
            return "missing"
        case "type":
            return f"not of type {' or '.join(map(str, kind.types))}"
        case "const":
            return f"not {kind.expected_value!r}"
        case "enum":
            return f"not one of {', '.join(map(str, kind.options))}"
        case "falseSchema":
            return "an attachment goes by URL: it is not inlined"
    return f"not {_description(error.schema_path, name)}"


def _description(path: Sequence[str | int], name: str) -> str:
    """What the schema calls the value at this place; a place in `definitions` is one of common.json."""
    place: Any = schema_file("common" if path[0] == "definitions" else name)
    for step in path[:-1]:
        place = place[step]
    described = place.get("description", "of the form that its schema asks for")
    return str(described)
