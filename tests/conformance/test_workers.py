"""Several workers: every probe is one worker's, shares add up, and what needs the broker for itself is the first's, last."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.kit.workers import Share, assigned, ordered, wait_for_others


@dataclass
class Item:
    """A collected probe, as far as this module looks at it."""

    nodeid: str
    marks: frozenset[str] = field(default_factory=frozenset)

    def get_closest_marker(self, name: str) -> object:
        return name if name in self.marks else None


FILES = ["test_signature.py", "test_limits.py", "test_queue.py"]
ITEMS = st.lists(
    st.builds(
        Item,
        st.builds(lambda file, number: f"{file}::test_{number}", st.sampled_from(FILES), st.integers(0, 10_000)),
        st.frozensets(st.sampled_from(["last", "fault", "long_wait"]), max_size=1),
    ),
    unique_by=lambda item: item.nodeid,
    max_size=40,
)


@given(ITEMS, st.integers(1, 6), st.none() | st.text(max_size=5))
def test_every_probe_is_one_workers(items: list[Any], count: int, shuffle: str | None) -> None:
    order = ordered(items, shuffle)
    shares = [assigned(order, Share(number, count)) for number in range(count)]

    assert sorted(item.nodeid for share in shares for item in share) == sorted(item.nodeid for item in items)
    for share in shares[1:]:
        assert not any({"last", "fault"} & item.marks or "test_limits.py" in item.nodeid for item in share)
    for share in shares:
        late = [("fault" in item.marks, "last" in item.marks, "long_wait" in item.marks) for item in share]
        assert late == sorted(late)


@given(st.integers(0, 5000), st.integers(1, 9))
def test_shares_of_the_budget_are_the_budget(budget: int, count: int) -> None:
    assert sum(Share(number, count).requests(budget) or 0 for number in range(count)) == budget


def test_without_a_budget_there_is_none() -> None:
    assert Share(0, 2).requests(None) is None


@given(st.lists(st.integers(), max_size=50), st.integers(1, 9))
def test_addresses_are_shared_out(addresses: list[int], count: int) -> None:
    assert sorted(one for number in range(count) for one in Share(number, count).part(addresses)) == sorted(addresses)


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    items: list[Any] = [Item(f"test_queue.py::test_{number}") for number in range(20)]

    assert ordered(items, "a") == ordered(list(reversed(items)), "a")
    assert ordered(items, "a") != ordered(items, "b")


def test_the_first_worker_waits_until_the_others_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            (tmp_path / "gw1").touch()

    monkeypatch.setattr("conformance.kit.workers.time.sleep", sleep)
    wait_for_others(Share(0, 2, tmp_path))
    wait_for_others(Share(0, 1))

    assert len(naps) == 3
