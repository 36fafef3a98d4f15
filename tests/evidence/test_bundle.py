"""Recorder and bundle: what was recorded is what is read; a kill costs the last line, anything else is damage and named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ainp_harness.evidence.bundle import Bundle, DamagedLine, DamagedPart
from ainp_harness.evidence.recorder import Recorder
from ainp_harness.evidence.tables import RESOURCES, write_part
from ainp_harness.wire.exchange import Exchange
from tests.evidence.recording import answered, record
from tests.wire.exchanges import EXCHANGES


def lines(folder: Path, kind: str = "exchanges", worker: str = "c0") -> Path:
    return folder / kind / f"{worker}.jsonl"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EXCHANGES, max_size=4, unique_by=lambda exchange: exchange.id))
def test_exchanges_are_read_as_they_were_recorded(tmp_path_factory: pytest.TempPathFactory, exchanges: list[Exchange]) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    recorder = Recorder(folder, "c0")
    kept = [recorder.record(exchange) for exchange in exchanges]
    recorder.close()

    assert list(Bundle(folder).exchanges.values()) == kept


def test_statements_and_probes_are_read_as_they_were_recorded(tmp_path: Path) -> None:
    record(tmp_path)
    bundle = Bundle(tmp_path)

    (statement,) = bundle.statements
    assert (statement.probe, statement.attempt, statement.role, statement.requirements) == ("p", 1, "claim", ("AINP-RPL-001",))
    assert (statement.expectation, statement.params, statement.exchanges) == ("refused", {"codes": ["DUPLICATE_INTENT"]}, ("c0-1",))
    assert (statement.live_outcome, statement.live_message) == ("held", "")
    (run,) = bundle.probe_runs
    assert (run.probe, run.attempt, run.requirements, run.outcome, run.message) == ("p", 1, ("AINP-RPL-001",), "completed", "")


def test_a_probe_that_never_ended_has_no_outcome(tmp_path: Path) -> None:
    with_begin = Recorder(tmp_path, "c0")
    with_begin.probe_begins("p", 1, ["AINP-RPL-001"])
    with_begin.close()

    assert Bundle(tmp_path).probe_runs[0].outcome is None


def test_workers_write_files_of_their_own(tmp_path: Path) -> None:
    recorders = [Recorder(tmp_path, f"w{n}") for n in range(3)]
    for _ in range(2):
        for recorder in recorders:
            recorder.record(answered(recorder.next_id()))
    for recorder in recorders:
        recorder.close()

    assert sorted(path.name for path in (tmp_path / "exchanges").iterdir()) == ["w0.jsonl", "w1.jsonl", "w2.jsonl"]
    assert sorted(Bundle(tmp_path).exchanges) == ["w0-1", "w0-2", "w1-1", "w1-2", "w2-1", "w2-2"]


@pytest.mark.parametrize("kind", ["exchanges", "expectations"])
def test_a_line_cut_by_a_kill_is_left_out_and_counted(tmp_path: Path, kind: str) -> None:
    record(tmp_path)
    path = lines(tmp_path, kind)
    path.write_bytes(path.read_bytes() + b'{"id": "c0-2", "ki')
    bundle = Bundle(tmp_path)

    assert (len(bundle.exchanges), len(bundle.statements), len(bundle.probe_runs)) == (1, 1, 1)
    assert bundle.cut_lines == 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_wherever_a_kill_cuts_the_rest_is_readable(tmp_path: Path, cut: int) -> None:
    recorder = Recorder(tmp_path, "c0")
    for n in range(3):
        recorder.record(answered(f"c0-{n}"))
    recorder.close()
    path = lines(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    bundle = Bundle(tmp_path)

    assert list(bundle.exchanges) == ["c0-0", "c0-1"]
    assert bundle.cut_lines == 1


DAMAGES = {
    "no JSON": b"{]\n",
    "no object": b"[1]\n",
    "an empty line": b"\n",
    "NUL bytes after a crash of the machine": b"\x00\x00\x00\n",
    "a member missing": b'{"id": "c0-9", "kind": "http"}\n',
    "another type": b'{"id": "c0-9", "kind": "http", "operation": "x", "request": 5, "started_ms": 1, "duration_ms": 1}\n',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize(("kind", "at"), [("exchanges", 1), ("expectations", 2)])
def test_a_damaged_line_is_named_with_its_number(tmp_path: Path, damage: bytes, kind: str, at: int) -> None:
    record(tmp_path)
    path = lines(tmp_path, kind)
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*whole[:at], damage, *whole[at:]]))

    with pytest.raises(DamagedLine, match=rf"c0\.jsonl: line {at + 1} does not fit"):
        assert Bundle(tmp_path).exchanges and Bundle(tmp_path).statements


def test_an_exchange_that_stands_twice_is_damage(tmp_path: Path) -> None:
    for worker in ("c0", "c1"):
        recorder = Recorder(tmp_path, worker)
        recorder.record(answered("c0-1"))
        recorder.close()

    with pytest.raises(DamagedLine, match="c0-1 stands twice"):
        assert Bundle(tmp_path).exchanges


def test_an_ending_without_a_beginning_is_damage(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "c0")
    recorder.probe_ends("p", 1, "completed", "")
    recorder.close()

    with pytest.raises(DamagedLine, match="line 1"):
        assert Bundle(tmp_path).probe_runs


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path)

    assert (bundle.end, bundle.load, bundle.table("samples")) == (None, None, None)
    assert (bundle.exchanges, bundle.statements, bundle.probe_runs, bundle.cut_lines) == ({}, [], [], 0)


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"null", b"5"])
def test_a_damaged_document_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "end.json").write_bytes(data)

    with pytest.raises(DamagedPart, match=r"end\.json"):
        assert Bundle(tmp_path).end


def test_parts_are_one_table(tmp_path: Path) -> None:
    row = (1_000_000, "broker", "b1", 1, 10, 10, 10, 0.5, 1, 1, 1, -1)
    write_part(tmp_path / "resources" / "part-00001.parquet", RESOURCES, [row, row])
    write_part(tmp_path / "resources" / "part-00002.parquet", RESOURCES, [row])

    table = Bundle(tmp_path).table("resources")
    assert table is not None
    assert table.num_rows == 3
    assert table.to_pylist()[0] == dict(zip(RESOURCES.names, row, strict=True))


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"\x00" * 100])
def test_a_damaged_part_is_named(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "part-00001.parquet").write_bytes(damage)

    with pytest.raises(DamagedPart, match=r"part-00001\.parquet"):
        Bundle(tmp_path).table("samples")


def test_a_row_without_a_column_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        write_part(tmp_path / "resources" / "part-00001.parquet", RESOURCES, [(1_000_000, "broker", "b1", 1, 10, 10, 10, 0.5, 1, 1, 1)])
    assert not (tmp_path / "resources").exists()
