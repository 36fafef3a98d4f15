"""Named mutations: one property of a valid message changed at a time. No probe builds a broken envelope by hand.

A mutation is signed again, unless the signature itself is the property, so that a refusal is for the change and for nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ainp_harness.wire.payloads import text_member

Envelope = dict[str, Any]

REMOVED = object()


@dataclass(frozen=True)
class Mutation:
    """One change, by name."""

    name: str
    change: Callable[[Envelope], Envelope]

    def __call__(self, envelope: Mapping[str, Any]) -> Envelope:
        return self.change(copy.deepcopy(dict(envelope)))

    def __repr__(self) -> str:
        return self.name


def member(path: str, value: Any, name: str | None = None) -> Mutation:
    """Set a member (nested ones by '.', elements of a list by their number), or take it out with REMOVED."""

    def change(envelope: Envelope) -> Envelope:
        *parents, last = path.split(".")
        holder: Any = envelope
        for parent in parents:
            holder = holder[int(parent)] if isinstance(holder, list) else holder[parent]
        if value is REMOVED:
            holder.pop(last, None)
        else:
            holder[last] = value
        return envelope

    shown = "removed" if value is REMOVED else str(value) or "empty"
    return Mutation(name or f"{path}={shown[:40]}", change)


def adjusted(path: str, adjust: Callable[[Any], Any], name: str) -> Mutation:
    """Set a member to a function of what it was."""

    def change(envelope: Envelope) -> Envelope:
        *parents, last = path.split(".")
        holder = envelope
        for parent in parents:
            holder = holder[parent]
        holder[last] = adjust(holder.get(last))
        return envelope

    return Mutation(name, change)


def other_text(text: str, name: str) -> Mutation:
    """Put another text where this kind of intent holds its own."""

    def change(envelope: Envelope) -> Envelope:
        payload = envelope["payload"]
        payload["semantics"][text_member(payload)] = text
        return envelope

    return Mutation(name, change)


def ids(mutations: list[Mutation]) -> list[str]:
    """Names for parametrised probes."""
    return [mutation.name for mutation in mutations]
