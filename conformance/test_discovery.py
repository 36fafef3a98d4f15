"""Discovery by meaning: the right agent ranks first among decoys, at once after it registered, and never after it changed."""

from __future__ import annotations

import pytest

from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.messages import capability
from conformance.kit.probe import Probe, requirement

PARAPHRASES = {
    "flights": ("books plane tickets for business trips", "reserve an airline seat for my journey"),
    "contracts": ("translates legal contracts from French", "render an agreement written by a Paris lawyer in English"),
    "weather": ("forecasts rain, wind and temperature for any town", "will it be stormy tomorrow where I live"),
}

DECOYS = [
    "trains guard dogs for warehouses",
    "restores oil paintings from the baroque",
    "tunes grand pianos at home",
    "teaches beginners to knit scarves",
]

HOSTILE = [
    "'; DROP TABLE agents; --",
    '" OR 1=1 --',
    "1) UNION SELECT null, version() --",
    "<script>alert(document.cookie)</script>",
    "{{constructor.constructor('return 1')()}}",
    "%00%27",
]


@requirement("AINP-DSC-001")
async def test_discovery_answers_with_a_list(probe: Probe) -> None:
    await probe.registered("alice", "sells second-hand lathes")
    probe.claim("lists_agents", await probe.call("discover_text", {"query": "used machine tools"}))


BY = pytest.mark.parametrize("operation", ["discover_text", "discover"])
"""Asked by text, and by a signed DISCOVER."""


async def _leave_out_what_is_too_far(probe: Probe, found: Exchange, query: str, did: str) -> None:
    """A DISCOVER need not find what by the broker's own numbers is less alike than the least that it declares."""
    least = probe.declared.min_similarity
    if least is None or did in (probe.told(found, "dids") or ()):
        return
    by_text = await probe.call("discover_text", {"query": query, "limit": 100})
    similarities = dict(zip(probe.told(by_text, "dids") or (), probe.told(by_text, "similarity") or (), strict=False))
    told = similarities.get(did)
    if isinstance(told, int | float) and told < least:
        probe.leaves_out(f"matches as far from a query as {told} (it declares {least} as the least)")


@requirement("AINP-DSC-002")
@BY
@pytest.mark.parametrize("subject", PARAPHRASES)
async def test_an_agent_is_found_by_meaning(probe: Probe, subject: str, operation: str) -> None:
    """No word of the query stands in the description."""
    description, query = PARAPHRASES[subject]
    right = await probe.registered("right", description)
    decoys = [await probe.registered(f"decoy {number}", text) for number, text in enumerate(DECOYS)]
    found = await probe.search(query, operation=operation, wanted=[right.did], limit=100)
    try:
        if operation == "discover":
            await _leave_out_what_is_too_far(probe, found, query, right.did)
    finally:
        await probe.unregister(right, *decoys)  # else those of earlier runs, which say the same, take the places in the list
    probe.claim("finds", found, did=right.did, ahead_of=[decoy.did for decoy in decoys])


@requirement("AINP-DSC-007")
async def test_limit_is_honoured(probe: Probe) -> None:
    agents = [await probe.registered(f"locksmith {number}", f"opens locked doors in district {number}") for number in range(3)]
    query = "a locksmith for a locked door"
    await probe.search(query, wanted=[agent.did for agent in agents], limit=100)
    probe.claim("finds_at_most", await probe.call("discover_text", {"query": query, "limit": 1}), count=1, at_least=1)
    probe.claim("finds_at_most", await probe.call("discover_text", {"query": query, "limit": 2}), count=2, at_least=2)


@requirement("AINP-DSC-007")
@pytest.mark.parametrize("limit", [0, -1, "many"])
async def test_a_senseless_limit_is_refused(probe: Probe, limit: object) -> None:
    query = "a locksmith"
    probe.control("lists_agents", await probe.call("discover_text", {"query": query, "limit": 5}))
    probe.claim("refused", await probe.call("discover_text", {"query": query, "limit": limit}), codes=["INVALID_QUERY", "INVALID_ENVELOPE"])


@requirement("AINP-DSC-007")
async def test_a_huge_limit_is_bounded(probe: Probe) -> None:
    probe.claim("refused_or_lists_agents", await probe.call("discover_text", {"query": "anything at all", "limit": 1_000_000}))


@requirement("AINP-DSC-008")
@BY
async def test_filters_apply_before_the_limit(probe: Probe, operation: str) -> None:
    """The one agent with the tag is found, although agents without it, which are as good and registered around it, fill the limit."""
    query, tag = "irons shirts and linen for hotels", f"only-{probe.token}"
    agents = [await probe.registered(f"agent {number}", query, tags=[tag if number == 2 else "laundry"]) for number in range(5)]
    right = agents.pop(2)
    found = await probe.search(query, operation=operation, wanted=[right.did], limit=2, tags_csv=tag, tags=[tag])
    probe.claim("finds", found, did=right.did)
    probe.claim("finds_none_of", found, dids=[decoy.did for decoy in agents])
    if operation == "discover_text":
        probe.claim("finds_at_most", found, count=2)


@requirement("AINP-DSC-009")
@BY
async def test_what_is_registered_is_found_within_two_seconds(probe: Probe, operation: str) -> None:
    """One and the same query before, after registering and after replacing: no cache answers for longer than that."""
    query = f"calibrates seismographs of station {probe.token}"
    alice = probe.agent("alice")
    before = await probe.search(query, operation=operation, unwanted=[alice.did], limit=10, min_similarity=0.9)
    probe.claim("finds_none_of", before, dids=[alice.did])
    await probe.register(alice, [capability(query)])
    found = await probe.search(query, operation=operation, wanted=[alice.did], limit=10, min_similarity=0.9)
    probe.claim("finds", found, did=alice.did)
    await probe.register(alice, [capability("breeds koi carp")])
    replaced = await probe.search(query, operation=operation, unwanted=[alice.did], limit=10, min_similarity=0.9)
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=["breeds koi carp"])
    if operation == "discover_text" and probe.takes("discover_text", "min_similarity"):
        probe.claim("finds_none_of", replaced, dids=[alice.did])
    else:
        probe.claim("lists_agents", replaced)


@requirement("AINP-DSC-010")
@pytest.mark.parametrize("query", ["", None, "q" * 10_240], ids=["empty", "missing", "10 kB"])
async def test_an_unusable_query_is_no_fault_of_the_server(probe: Probe, query: str | None) -> None:
    probe.claim("refused_or_lists_agents", await probe.call("discover_text", {"query": query, "limit": 5}))
    probe.control("lists_agents", await probe.call("discover_text", {"query": "a baker", "limit": 5}))


@requirement("AINP-DSC-011")
async def test_no_match_is_an_empty_list(probe: Probe) -> None:
    if not probe.takes("discover_text", "min_similarity"):
        probe.leaves_out("min_similarity of discover_text")
    alice = await probe.registered("alice", "moulds chocolate rabbits")
    nothing = await probe.call("discover_text", {"query": "zxqv kwjp vbnm qqqq", "min_similarity": 0.999})
    probe.claim("answers", nothing, statuses=[200])
    probe.claim("finds_nothing", nothing)
    close = await probe.search("moulds chocolate rabbits", wanted=[alice.did], min_similarity=0.5, limit=50)
    probe.control("finds", close, did=alice.did)


@requirement("AINP-DSC-011")
async def test_no_match_of_a_discover_is_an_empty_list(probe: Probe) -> None:
    """A tag that no agent has: nothing matches, which is 200 and not an error."""
    await probe.registered("alice", "moulds chocolate rabbits")
    asking = probe.agent("asking")
    query = asking.discover("moulds chocolate rabbits", tags=[f"nobody-has-{probe.token}"])
    nothing = await probe.send(query, asking, operation="discover")
    probe.claim("answers", nothing, statuses=[200])
    probe.claim("finds_nothing", nothing)
    probe.control("lists_agents", await probe.send(asking.discover("moulds chocolate rabbits"), asking, operation="discover"))


@requirement("AINP-DSC-012")
@pytest.mark.parametrize("query", HOSTILE)
async def test_hostile_queries_do_no_harm(probe: Probe, query: str) -> None:
    """Answered or refused, never a fault of the server, and the registry is still there."""
    alice = await probe.registered("alice", "guards the registry of ships")
    probe.claim("refused_or_lists_agents", await probe.call("discover_text", {"query": query, "limit": 5}))
    probe.claim("tells", await probe.call("get_agent", {"did": alice.did}), field="did", value=alice.did)
    found = await probe.search("a guard for the ship registry", wanted=[alice.did], limit=100)
    probe.control("finds", found, did=alice.did)
