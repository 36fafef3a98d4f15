"""Which surface a broker has: the shipped bindings are tried, each by a few of its own operations, and the one that fits best is taken."""

from __future__ import annotations

from dataclasses import dataclass

from ainp_harness.promises.bindings import load_binding, shipped_bindings
from ainp_harness.wire.binding import Binding, render
from ainp_harness.wire.client import Client
from ainp_harness.wire.identity import Identity

TELLING = ("capabilities", "discover_text", "poll")
"""Operations whose paths differ from surface to surface. Asked without a proof they change nothing, and a refusal is an answer too."""

NOT_THERE = frozenset({404, 405, 501})

PREFERRED = "v1"
"""Taken where several fit alike: it shows the most."""


@dataclass(frozen=True)
class Fit:
    """How many of the operations that were asked for are there."""

    binding: Binding
    there: int
    asked: int

    @property
    def share(self) -> float:
        return self.there / self.asked if self.asked else 0.0

    def __str__(self) -> str:
        return f"{self.binding.name} {self.there} of {self.asked}"


async def choose(client: Client) -> tuple[Binding, str]:
    """The shipped binding that fits the broker best, and why."""
    fits = [await _fit(client, load_binding(name)) for name in _in_order()]
    best = max(fits, key=lambda fit: fit.share)  # of equals the first
    why = f"binding {best.binding.name}, by the operations that are there ({', '.join(map(str, fits))})"
    return best.binding, why


def _in_order() -> list[str]:
    return sorted(shipped_bindings(), key=lambda name: (name != PREFERRED, name))


async def _fit(client: Client, binding: Binding) -> Fit:
    stranger = Identity.derived("nobody", client.base_url).did
    asked = [binding.operations[name] for name in TELLING if binding.offers(name)]
    there = 0
    for operation in asked:
        rendered = render(operation, {"did": stranger, "query": "anything", "limit": 1})
        exchange = await client.send(rendered, operation.name, exchange_id=f"choose-{binding.name}-{operation.name}")
        if exchange.response is None:
            break  # nobody answers; that is for the look to tell
        there += exchange.response.status not in NOT_THERE
    return Fit(binding, there, len(asked))
