"""Any exchange, for property tests: every text is one that UTF-8 can hold, as evidence is UTF-8."""

from __future__ import annotations

from hypothesis import strategies as st

from ainp_harness.wire.exchange import Body, Exchange, Failure, FailureKind, Frame, Request, Response

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TIMES = st.floats(0, 2e12)
HEADERS = st.dictionaries(TEXTS, TEXTS, max_size=3)
BODIES = st.builds(Body.keep, st.binary(max_size=40), st.integers(0, 50))
FRAMES = st.lists(st.builds(Frame, TIMES, st.booleans(), TEXTS), max_size=3).map(tuple)

EXCHANGES = st.builds(
    Exchange,
    id=TEXTS,
    kind=st.sampled_from(["http", "ws", "raw"]),
    operation=TEXTS,
    request=st.builds(Request, TEXTS, TEXTS, HEADERS, BODIES),
    response=st.none() | st.builds(Response, st.integers(100, 599), HEADERS, BODIES),
    failure=st.none() | st.builds(Failure, st.sampled_from(FailureKind), TEXTS),
    started_ms=TIMES,
    duration_ms=TIMES,
    probe=st.none() | TEXTS,
    attempt=st.integers(1, 3),
    tags=st.lists(TEXTS, max_size=2).map(tuple),
    frames=FRAMES,
    close_code=st.none() | st.integers(1000, 4999),
)
