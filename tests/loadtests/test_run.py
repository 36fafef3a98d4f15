"""A sealed load against a server of known truth: stalls show, nothing is dropped, the books balance, a signal leaves what can be read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from tests.loadtests.conftest import LoadRun, TruthServer, wait_for

Start = Callable[..., LoadRun]
Server = Callable[..., TruthServer]

OUTCOMES = {"correct", "failed", "timeout", "unsent", "limited"}


def p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def assert_books_balance(run: LoadRun) -> None:
    load, judged = run.load, run.judged()
    assert {row["outcome"] for row in judged} <= OUTCOMES
    assert Counter(row["scenario"] for row in judged) == Counter(load["scheduled"])
    assert not [reason for reason in load["invalid"] if "books" in reason["reason"] or "blocks" in reason["reason"]]
    assert all((row["latency_us"] >= 0) == (row["outcome"] == "correct") for row in judged)


def test_a_run_through_two_stalls(truth_server: Server, start_load: Start) -> None:
    """One run for everything that a good run shows, with two stalls of the server in it; beside it the same seed again, undisturbed."""
    server = truth_server(freeze_s=0.3)
    again = start_load(truth_server().url, duration_s=4)
    run = start_load(server.url, duration_s=4, env={"AINP_HEADERS": '{"X-Edge-Token": "very-secret-value"}'})
    run.wait_until("measuring")
    server.freeze()
    for _ in range(3):
        run.wait_until("measuring")
    server.freeze()
    assert run.end() == 0, run.errors
    assert again.end() == 0, again.errors
    assert_complete(run, server)
    assert_stalls_show(run, server)
    assert_secret_kept(run, server)
    assert_same_load(run, again)


def assert_complete(run: LoadRun, server: TruthServer) -> None:
    load = run.load
    assert load["complete"]
    assert (load["agents"], load["setup"], load["transport"]) == (99, {"registered": 99, "failed": 0}, "polling")
    assert {row["outcome"] for row in run.judged()} == {"correct"}
    assert_books_balance(run)
    # Connections are kept: far fewer are opened than requests are sent.
    assert 0 < load["generator"]["connections_opened"] < len(run.rows("samples"))
    # Nothing went wrong, so there is one note, and it is a sentence.
    (note,) = load["notes"]
    assert note.startswith("The load generator is not calibrated on this machine") and note.endswith("only noted.")
    # Every discovery that was sent was seen by the server, once.
    assert len(server.seen("/api/v1/discovery")) == sum(row["operation"] == "discover" for row in run.rows("samples"))
    assert {row["query_class"] for row in run.judged() if row["operation"] == "discover"} <= {"unique", "zipf", "repeated"}
    deliveries = run.rows("deliveries")
    assert {row["kind"] for row in deliveries} == {"INTENT", "RESULT"}
    assert all(
        row["times"] == 1 and row["received_by"] == row["to_did"] and row["in_time"] and row["confirmed_us"] > 0 for row in deliveries
    )
    assert sum(row["count"] for row in run.rows("histograms") if row["measure"] == "latency") == len(run.rows("samples"))
    assert {row["role"] for row in run.rows("resources")} == {"generator"}
    assert max(Counter((e.operation, e.response and e.response.status) for e in run.bundle.exchanges.values()).values()) <= 20
    assert [line["message"] for line in run.progress][-1] == "done"


def assert_secret_kept(run: LoadRun, server: TruthServer) -> None:
    kept = (run.run_dir / "exchanges" / "load.jsonl").read_text()
    assert "very-secret-value" not in kept
    assert '"X-Edge-Token":"[redacted]"' in kept or '"x-edge-token":"[redacted]"' in kept
    assert {line["edge_token"] for line in server.ledger} == {"very-secret-value"}


def assert_same_load(run: LoadRun, again: LoadRun) -> None:
    """The same seed sends the same arrivals at the same times, counted from the window's start."""
    times = []
    for one in (run, again):
        begin = one.load["window_start_us"]
        rows = [row for row in one.rows("samples") if row["operation"] == "discover"]
        times.append({(row["arrival"], row["intended_us"] - begin, row["query_class"]) for row in rows})
    assert times[0] == times[1]


def assert_stalls_show(run: LoadRun, server: TruthServer) -> None:
    """Two stalls of 0.3 s in 4 s: about 15 % of the arrivals are due in one, so p95 must tell, whatever the machine was doing."""
    judged = [row for row in run.judged() if row["operation"] == "discover"]
    # The server's own ledger is the truth: while it stood still it answered nothing, and what was due then was answered afterwards.
    answers = sorted(line["answered_us"] for line in server.ledger)
    stalls = [(before, after) for before, after in pairwise(answers) if after - before > 250_000]
    assert len(stalls) >= 2
    for before, after in stalls:
        for row in judged:
            if before + 20_000 < row["intended_us"] < after - 20_000:
                # The server notes an answer once it is written: the client may have read it a moment earlier.
                assert row["intended_us"] + row["latency_us"] >= after - 20_000
                assert row["sent_us"] - row["intended_us"] < row["latency_us"]
    due_in_stalls = sum(before < row["intended_us"] < after - 60_000 for before, after in stalls for row in judged)
    assert due_in_stalls > 0.05 * len(judged)
    assert p95([row["latency_us"] for row in judged]) > 60_000


def test_a_message_read_again_before_its_confirmation_is_answered_is_no_double(truth_server: Server, start_load: Start) -> None:
    """The server confirms slowly and gives what is unconfirmed to every poll, as it must."""
    server = truth_server("slow-confirm")
    run = start_load(server.url, duration_s=2)
    assert run.end() == 0, run.errors
    delivered = [row for row in run.rows("deliveries") if row["received_us"] > 0]
    assert delivered
    assert {row["times"] for row in delivered} == {1}
    # While an agent's visit is under way, nobody looks into its mailbox once more.
    assert set(overlapping_visits(server)) == {0}


def overlapping_visits(server: TruthServer) -> list[int]:
    """By agent, polls that were answered while a confirmation was waiting."""
    counts = []
    lines = server.seen("/api/v1/inbox/")
    for did in {line["target"].split("/")[4].partition("?")[0] for line in lines}:
        of_agent = [line for line in lines if did in line["target"]]
        confirms = [line for line in of_agent if line["method"] == "POST"]
        polls = [line for line in of_agent if line["method"] == "GET"]
        counts.append(sum(one["arrived_us"] < poll["arrived_us"] < one["answered_us"] for one in confirms for poll in polls))
    assert counts
    return counts


def test_refusals_silence_and_wrong_answers(truth_server: Server, start_load: Start) -> None:
    expected = {
        "limited": {("limited", "RATE_LIMIT_EXCEEDED", 429)},
        "garbage": {("failed", "WRONG_ANSWER", 200)},
        "silent": {("timeout", "TIMEOUT", 0), ("unsent", "TOO_LATE", 0), ("unsent", "BACKLOG_FULL", 0)},
    }
    runs = {mode: start_load(truth_server(mode).url, duration_s=1) for mode in expected}
    going = truth_server()
    gone = start_load(going.url, duration_s=1)
    gone.wait_until("warming up")
    going.process.kill()
    for mode, run in runs.items():
        assert run.end() == 0, run.errors
        found = [row for row in run.judged() if row["operation"] == "discover"]
        assert found
        assert {(row["outcome"], row["error_code"], row["status"]) for row in found} <= expected[mode]
        assert {row["latency_us"] for row in found} == {-1}
        assert_books_balance(run)
    assert gone.end() == 0, gone.errors
    assert {(row["outcome"], row["latency_us"]) for row in gone.judged()} == {("failed", -1)}
    assert_books_balance(gone)


def test_sigterm_leaves_a_readable_part(truth_server: Server, start_load: Start) -> None:
    run = start_load(truth_server().url, duration_s=60)
    wait_for(lambda: bool(list((run.run_dir / "samples").glob("part-*.parquet"))), "the first part")
    run.terminate()
    assert run.end() == 130, run.errors
    load = run.load
    assert not load["complete"]
    assert "interrupted" in str(load["invalid"])
    assert Counter(row["scenario"] for row in run.judged()) == Counter(load["scheduled"])
    assert not list(run.run_dir.rglob(".*"))


def test_a_bundle_that_cannot_be_written_is_our_own_failure(truth_server: Server, start_load: Start) -> None:
    run = start_load(truth_server().url, duration_s=60)
    run.wait_until("warming up")
    (run.run_dir / "samples").write_text("a file where the folder belongs")
    assert run.end() == 4
    assert "samples" in run.errors
