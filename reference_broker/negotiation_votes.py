"""How a group decides, and what the broker proposes when it has not: counting votes, and making one proposal of several. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ainp_harness.wire.canonical import compact
from reference_broker.negotiation_terms import Mechanism, Phase, Proposal, terms_of

LARGEST_BYTES = 524_288
"""A proposal made of many grows with them; beyond this the terms stay those that stand, so that it still fits a message."""

CLOSE = 1e-9
"""Shares are fractions such as 2/3: a threshold written with fewer digits is not missed by the last of them."""


@dataclass(frozen=True)
class Vote:
    """A participant's answer to the proposal that stands. Only ACCEPT counts for it; a COUNTER brings a proposal of its own."""

    by: str
    phase: Phase
    proposal: Proposal | None = None


def score(mechanism: Mechanism, participants: Sequence[str], votes: Iterable[Vote], trust: Mapping[str, float]) -> float:
    """How much of the group accepts, 0 to 1: by heads, or weighted by trust (ERRATUM-12). Who has not answered does not accept."""
    accepting = {vote.by for vote in votes if vote.phase is Phase.ACCEPT}
    if mechanism is not Mechanism.WEIGHTED:
        return len(accepting) / len(participants)
    whole = sum(trust[did] for did in participants)
    return sum(trust[did] for did in participants if did in accepting) / whole if whole > 0 else 0.0


def decides(mechanism: Mechanism, share: float, threshold: float) -> bool:
    """Whether a share of the group is enough. A majority is more than half and reaches the threshold (ERRATUM-11). What nobody
    accepts is not accepted, whatever the threshold."""
    match mechanism:
        case Mechanism.UNANIMOUS:
            return share >= 1 - CLOSE
        case Mechanism.MAJORITY:
            return share > 0.5 + CLOSE and share >= threshold - CLOSE
        case Mechanism.WEIGHTED:
            return share > 0 and share >= threshold - CLOSE


def convergence(one: float | None, other: float | None) -> float | None:
    """1 - |a - b| / max(a, b) of two prices, 0 to 1 (draft-00, negotiation convergence); None where one of them is not told."""
    if one is None or other is None:
        return None
    larger = max(one, other)
    return 1.0 if larger == 0 else 1 - abs(one - other) / larger


def combined(standing: Proposal, votes: Sequence[Vote]) -> dict[str, Any]:
    """One proposal of all that the votes stand for: prices and latencies by median, lists in terms united (docs/protocol.md).

    Who accepts stands for the proposal as it is; who rejects, or does not answer, stands for none.
    """
    proposals = [standing if vote.phase is Phase.ACCEPT else vote.proposal or {} for vote in votes if vote.phase is not Phase.REJECT]
    made = dict(standing)
    for name in ("price", "latency_ms"):
        if told := [proposal[name] for proposal in proposals if name in proposal]:
            made[name] = statistics.median(told)
    united = _united([terms_of(standing), *(terms_of(proposal) for proposal in proposals)])
    if united and len(compact(united)) <= LARGEST_BYTES:
        made["terms"] = united
    return made


def _united(all_terms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Lists with everybody's elements, each once, in the order in which they came; of anything else the first word holds."""
    united: dict[str, Any] = {}
    seen: dict[str, set[bytes]] = {}
    for terms in all_terms:
        for name, value in terms.items():
            if not isinstance(value, list):
                united.setdefault(name, value)
            elif isinstance(united.setdefault(name, []), list):
                known = seen.setdefault(name, set())
                new = {compact(item): item for item in value}
                united[name] += [item for key, item in new.items() if key not in known]
                known.update(new)
    return united
