"""Books, ledger, histograms, what makes a measurement invalid, and scenarios, each without a network."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.corpus import load_corpus
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.envelope import parse_envelope
from ainp_harness.wire.signing import Scheme, verify
from loadtests.agent_states import Connectedness, Registered
from loadtests.arrivals import Arrival
from loadtests.books import Books
from loadtests.deliveries import Delivery, Ledger
from loadtests.histograms import HIGHEST_US, Intervals
from loadtests.invalid import ADDS_LATENCY, ALWAYS, Readings, block_reasons, quantile, reasons
from loadtests.notes import Found, notes
from loadtests.rendering import render_call
from loadtests.samples import Sample
from loadtests.scenarios import SCENARIOS, make
from loadtests.scenarios.connected_agents import answer_steps
from loadtests.steps import Answer, Call, Outcome
from loadtests.world import World


def sample(intended_us: int = 0, latency_us: int | None = 1000, outcome: Outcome = Outcome.CORRECT, **members: Any) -> Sample:
    done_us = -1 if latency_us is None else intended_us + latency_us
    values: dict[str, Any] = {
        "scenario": "readiness",
        "operation": "ready",
        "query_class": "",
        "arrival": 0,
        "status": 200,
        "error_code": "",
    }
    values |= {"bytes": 0, "instance": "", "dispatched_us": intended_us, "sent_us": intended_us} | members
    return Sample(intended_us=intended_us, done_us=done_us, outcome=outcome, **values)


# ---- books


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(Outcome)), max_size=50))
def test_the_books_balance_when_everything_due_is_accounted_for(arrivals: list[tuple[int, Outcome]]) -> None:
    books = Books(10, 60)
    for intended_us, outcome in arrivals:
        books.finished(sample(intended_us, outcome=outcome))
    due = sum(10 <= intended_us < 60 for intended_us, _ in arrivals)
    assert books.differences({"readiness": due}, {}) == []
    assert [reason.direction for reason in books.differences({"readiness": due + 1}, {})] == [ALWAYS]


def test_an_answer_that_became_due_must_be_booked_too() -> None:
    books = Books(0, 100)
    books.follows("connected-agents", 50)
    books.follows("connected-agents", 100)  # after the window
    assert books.scheduled({}) == {"connected-agents": 1}
    assert len(books.differences({}, {})) == 1
    books.finished(sample(50, scenario="connected-agents", follows=True))
    assert books.differences({}, {}) == []


def test_all_but_correct_count_as_infinite() -> None:
    books = Books(0, 100)
    for number in range(20):
        outcome = Outcome.CORRECT if number < 18 else Outcome.FAILED
        books.finished(sample(number, latency_us=7, outcome=outcome))
    assert books.smallest_p95_us() == float("inf")
    assert sample(outcome=Outcome.LIMITED).latency_us == -1
    assert sample(outcome=Outcome.LIMITED).service_us == 1000


# ---- what makes a measurement invalid


def readings(**members: Any) -> Readings:
    base = Readings(array("q", [100] * 1000), array("d", [0.1] * 100))
    for name, value in members.items():
        setattr(base, name, value)
    return base


def judge(found: Readings, *, rate: float = 17, p95_us: float = 10_000, scheduled: int = 1000, own_unsent: int = 0) -> list[str]:
    return [reason.direction for reason in reasons(found, rate=rate, p95_us=p95_us, scheduled=scheduled, own_unsent=own_unsent)]


def test_a_quiet_generator_is_trusted() -> None:
    assert judge(readings()) == []


@pytest.mark.parametrize(
    ("found", "further", "direction"),
    [
        (readings(clock_step_us=50_001), {}, ALWAYS),
        (readings(), {"own_unsent": 2}, ALWAYS),
        (readings(), {"rate": 501}, ALWAYS),
        (readings(loop_lag_max_us=100_001), {}, ADDS_LATENCY),
        (readings(lateness_us=array("q", [100] * 98 + [1001] * 2)), {}, ADDS_LATENCY),
        (readings(cpu_shares=array("d", [0.95] * 6 + [0.1] * 94)), {}, ADDS_LATENCY),
        (readings(steal_share=0.051), {}, ADDS_LATENCY),
        (readings(throttled_share=0.011), {}, ADDS_LATENCY),
    ],
)
def test_each_limit_has_its_direction(found: Readings, further: dict[str, Any], direction: str) -> None:
    assert judge(found, **further) == [direction]


def test_lateness_is_measured_against_what_it_could_distort() -> None:
    late = readings(lateness_us=array("q", [1900] * 100))
    assert judge(late, p95_us=100_000) == []
    assert judge(late, p95_us=90_000) == [ADDS_LATENCY]


def test_missing_and_double_arrivals_are_found_by_block() -> None:
    due = dict.fromkeys(range(10), 100)
    assert block_reasons(due, due) == []
    assert block_reasons(due, {**due, 3: 99}) == []
    assert len(block_reasons(due, {**due, 3: 98})) == 1
    assert len(block_reasons(due, {**due, 3: 102})) == 1


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_quantile_has_its_share_at_or_under_it(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


# ---- histograms


def test_histograms_give_back_what_was_recorded_and_start_afresh() -> None:
    intervals = Intervals(0, 1.0)
    for latency_us in (1000, 2000, 3000):
        intervals.add(sample(500, latency_us))
    intervals.add(sample(500, None, Outcome.TIMEOUT))
    intervals.add(sample(1_500_000, HIGHEST_US + 1))
    first = {(row[2], row[5]): row for row in intervals.take(1_000_000)}
    decoded = HdrHistogram.decode(first["correct", "latency"][7], b64_wrap=False)
    assert decoded.get_total_count() == 3
    assert decoded.get_value_at_percentile(50) == pytest.approx(2000, rel=1e-3)
    assert first["timeout", "latency"][6] == 1
    assert HdrHistogram.decode(first["timeout", "latency"][7], b64_wrap=False).get_total_count() == 0
    (second,) = (row for row in intervals.take(2_000_000) if row[5] == "latency")
    assert (second[3], second[6], second[8]) == (1_000_000, 1, 1)
    decoded = HdrHistogram.decode(second[7], b64_wrap=False)
    assert decoded.get_total_count() == 1
    assert decoded.get_min_value() > HIGHEST_US * 0.99


# ---- ledger


def delivery(**members: Any) -> Delivery:
    arrival = Arrival("seed", 0, "connected-agents", 1, 100)
    return Delivery(arrival, "id-1", "did:a", "did:b", "INTENT", 100, 1000, **members)


def read(ledger: Ledger, by: str, at_us: int, *, delivery_id: str = "d1", reading: object = None, message_id: str = "id-1") -> None:
    """A reading of its own, asked for when it was answered, unless told otherwise."""
    ledger.received(message_id, by, at_us, delivery_id=delivery_id, reading=reading or object(), asked_us=at_us)


@pytest.mark.parametrize("order", [("acknowledged", "received"), ("received", "acknowledged")])
def test_an_intent_is_exchanged_once_whichever_comes_first(order: tuple[str, str]) -> None:
    ledger, exchanged = Ledger(), list[Delivery]()
    ledger.on_exchanged = exchanged.append
    ledger.sent(delivery())
    steps: dict[str, Callable[[], None]] = {
        "acknowledged": lambda: ledger.acknowledged("id-1", 200),
        "received": lambda: read(ledger, "did:b", 300),
    }
    steps[order[0]]()
    assert exchanged == []
    steps[order[1]]()
    read(ledger, "did:c", 400)
    (entry,) = exchanged
    assert (entry.times, entry.received_by, entry.received_us, entry.in_time) == (2, ["did:b", "did:c"], 300, True)
    assert list(ledger.pending()) == [entry]
    ledger.confirmed("id-1", "did:b", 500, delivery_id="d1")
    assert list(ledger.pending()) == []
    assert ledger.take_final(1100) == []
    assert ledger.take_final(1101) == [entry]


def test_messages_of_nobody_here_are_counted_apart() -> None:
    ledger = Ledger()
    read(ledger, "did:b", 1, message_id="unknown")
    ledger.confirmed("unknown", "did:b", 2, delivery_id="d1")
    assert ledger.foreign == 1


def delivered_times(*events: Callable[[Ledger], None]) -> int:
    """How often a message counts as delivered that was read at 300 and to which this happened then."""
    ledger = Ledger()
    entry = delivery()
    ledger.sent(entry)
    read(ledger, "did:b", 300)
    for event in events:
        event(ledger)
    return entry.times


def test_reading_again_is_a_double_only_when_it_need_not_have_come_again() -> None:
    def confirm(ledger: Ledger) -> None:
        ledger.confirmed("id-1", "did:b", 500, delivery_id="d1")

    def again(at_us: int) -> Callable[[Ledger], None]:
        return lambda ledger: read(ledger, "did:b", at_us)

    def on_its_way(ledger: Ledger) -> None:
        ledger.received("id-1", "did:b", 600, delivery_id="d1", reading=object(), asked_us=499)

    def under_another_id(ledger: Ledger) -> None:
        read(ledger, "did:b", 400, delivery_id="d2")

    def twice_at_once(ledger: Ledger) -> None:
        reading = object()
        read(ledger, "did:b", 400, reading=reading)
        read(ledger, "did:b", 400, reading=reading)

    assert delivered_times() == 1
    assert delivered_times(again(400), again(450)) == 1
    assert delivered_times(again(400), confirm, on_its_way) == 1
    assert delivered_times(confirm, again(600)) == 2
    assert delivered_times(under_another_id) == 2
    assert delivered_times(twice_at_once) == 2


# ---- notes


def test_a_good_run_has_one_note_and_trouble_is_told_in_sentences() -> None:
    good = Found(17, 99, "timerfd", Registered(99), Connectedness(connected=99))
    assert notes(good) == [
        "The load generator is not calibrated on this machine, nor checked against a server of known latency; "
        "at 17 requests a second that is only noted."
    ]
    assert "only noted" not in notes(replace(good, requests_a_second=501))[0]
    bad = Found(
        17, 99, "spin", Registered(97, 2, "status 500"), Connectedness(connected=98, breaks=3, long_breaks=1, refused={"HTTP_403": 2}), 1
    )
    told = notes(bad)[1:]
    assert len(told) == 6
    assert all(note[0].isupper() or note[0].isdigit() for note in told)
    assert "2 of 99 agents could not be registered. The first failure: status 500" in told
    assert "1 of 99 agents never got a WebSocket." in told
    assert "Agents lost their WebSocket 3 times; 1 of these took over 5 s to mend." in told


# ---- scenarios


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed="seed", run_id="run", binding=load_binding("v1"), corpus=load_corpus(), agent_count=99, identity_count=100)


def arrival_of(scenario: str, number: int = 5) -> Arrival:
    return Arrival("seed", 0, scenario, number, 1_790_000_000_000_000)


SENT_US = 1_790_000_000_000_000


def answer_to(world: World, call: Call, status: int, body: Any) -> Answer:
    data = b"" if body is None else orjson.dumps(body)
    return Answer(world.binding.operations[call.operation], world.binding, status, {}, data, SENT_US, SENT_US + 5_000)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_what_a_scenario_sends_is_valid_signed_and_the_same_again(world: World, name: str) -> None:
    calls = [next(make(name, world).steps(arrival_of(name))) for _ in range(2)]
    first, second = (
        render_call(call, world.binding, prefix="/base", timestamp_ms=1_790_000_000_000, scheme=Scheme.JCS_SHA256) for call in calls
    )
    assert first == second
    assert first.target.startswith("/base/")
    if calls[0].envelope is not None:
        sent = orjson.loads(first.body)
        assert parse_envelope(sent).timestamp_ms == 1_790_000_000_000
        assert verify(sent, public_key_of(sent["from_did"])) is Scheme.JCS_SHA256


def test_discovery_is_correct_when_a_seeded_agent_is_found(world: World) -> None:
    for found, outcome in ((True, Outcome.CORRECT), (False, Outcome.FAILED)):
        steps = make("discovery-text", world).steps(arrival_of("discovery-text"))
        call = next(steps)
        right = next(iter(world.answering(world.queries.query(5).answer)))
        answer = answer_to(world, call, 200, {"payload": {"matches": [{"did": "did:key:zOther"}, {"did": right if found else "did:x"}]}})
        with pytest.raises(StopIteration):
            steps.send(answer)
        assert answer.outcome is outcome


def test_recipients_take_turns_and_nobody_writes_to_himself(world: World) -> None:
    calls = [next(make("connected-agents", world).steps(arrival_of("connected-agents", number))) for number in range(99)]
    pairs = [(call.envelope["from_did"], call.envelope["to_did"]) for call in calls if call.envelope]
    assert len({recipient for _, recipient in pairs}) == 99
    assert all(sender != recipient for sender, recipient in pairs)


def test_a_result_has_the_trace_of_its_intent_and_an_id_of_its_own(world: World) -> None:
    arrival = arrival_of("connected-agents")
    steps = make("connected-agents", world).steps(arrival)
    call = next(steps)
    assert call.envelope is not None and call.on_dispatch is not None
    call.on_dispatch(arrival.intended_us)
    answer = answer_to(world, call, 202, {"status": "accepted", "id": call.envelope["id"], "recipients": [call.envelope["to_did"]]})
    with pytest.raises(StopIteration):
        steps.send(answer)
    assert answer.outcome is Outcome.CORRECT
    (intent,) = world.ledger.pending()
    agent = next(agent for agent in world.agents if agent.did == intent.to_did)
    result = next(answer_steps(world, agent, intent)).envelope
    assert result is not None
    assert result["trace_id"] == call.envelope["trace_id"]
    assert result["id"] != call.envelope["id"]
    assert (result["from_did"], result["to_did"]) == (call.envelope["to_did"], call.envelope["from_did"])


def test_a_mailbox_confirms_what_it_got_and_nothing_else(world: World) -> None:
    steps = make("mailbox", world).steps(arrival_of("mailbox"))
    call = next(steps)
    confirm = steps.send(answer_to(world, call, 200, {"messages": [{"delivery_id": "d1", "envelope": {"id": "AB"}}]}))
    assert (confirm.operation, confirm.values["delivery_ids"]) == ("confirm", ["d1"])
    assert world.visits[5] == 1
    steps.close()
    assert world.visits[5] == 0
    empty = make("mailbox", world).steps(arrival_of("mailbox"))
    call = next(empty)
    with pytest.raises(StopIteration):
        empty.send(answer_to(world, call, 200, {"messages": []}))


def test_one_visit_tells_the_ledger_of_each_delivery_apart(world: World) -> None:
    """The same message under two delivery ids in one answer is a double; read again while its confirmation failed it is not."""
    number = 7
    entry = delivery()
    entry.id = "ab"
    world.ledger.sent(entry)

    def visit(delivery_ids: list[str], confirm_status: int) -> None:
        steps = make("mailbox", world).steps(arrival_of("mailbox", number))
        messages = [{"delivery_id": one, "envelope": {"id": "AB"}} for one in delivery_ids]
        confirm = steps.send(answer_to(world, next(steps), 200, {"messages": messages}))
        with pytest.raises(StopIteration):
            steps.send(answer_to(world, confirm, confirm_status, None))

    visit(["d1"], 503)
    visit(["d1"], 503)
    assert (entry.times, entry.confirmed_us) == (1, -1)
    visit(["d1", "d2"], 204)
    assert entry.times == 2
    assert entry.confirmed_us > 0
    assert world.visits[number] == 0


def test_a_limit_is_no_failure_of_the_answer(world: World) -> None:
    call = Call("ready")
    refused = Answer(world.binding.operations["ready"], world.binding, 503, {"retry-after": "1"}, b"{}", 1, 2)
    assert refused.outcome is Outcome.LIMITED
    assert answer_to(world, call, 503, {"error_code": "UNAVAILABLE"}).outcome is Outcome.FAILED
    assert answer_to(world, call, 503, {"error_code": "UNAVAILABLE"}).error_code == "UNAVAILABLE"
