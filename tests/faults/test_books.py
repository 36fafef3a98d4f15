"""The comparison, by books that are broken in one place each."""

from __future__ import annotations

import pytest

from tests.faults.books import Books, Entry, Fault, Step, Wrong, compare

GOOD = [
    Entry(Step.SENT, "a", "bob"),
    Entry(Step.SENT, "b", "carol"),
    Entry(Step.REFUSED, "b"),
    Entry(Step.ACKNOWLEDGED, "b"),  # tried again
    Entry(Step.ACKNOWLEDGED, "a"),
    Entry(Step.RECEIVED, "a", "bob", since=2),
    Entry(Step.RECEIVED, "b", "carol", since=5),
    Entry(Step.RECEIVED, "a", "bob", since=6),  # not confirmed yet
    Entry(Step.CONFIRMED, "a", "bob"),
    Entry(Step.RECEIVED, "a", "bob", since=8),  # asked for before the confirmation was answered
    Entry(Step.CONFIRMED, "b", "carol"),
    Entry(Step.SENT, "c", "bob"),
    Entry(Step.REFUSED, "c"),
    Entry(Step.SENT, "d", "bob"),  # its answer was lost with its connection: it may come, or not
    Entry(Step.RECEIVED, "d", "bob", since=13),
]

BROKEN = {
    "a lost one": ([Entry(Step.SENT, "e", "bob"), Entry(Step.ACKNOWLEDGED, "e")], Wrong.LOST, "e"),
    "one delivered to somebody else only": ([Entry(Step.RECEIVED, "b", "bob", since=15)], Wrong.MISDELIVERED, "b"),
    "a doubled one": ([Entry(Step.RECEIVED, "a", "bob", since=15)], Wrong.DOUBLED, "a"),
    "one refused that came": ([Entry(Step.RECEIVED, "c", "bob", since=15)], Wrong.REFUSED_YET_CAME, "c"),
    "one that nobody sent": ([Entry(Step.RECEIVED, "x", "bob", since=15)], Wrong.UNKNOWN, "x"),
}


def test_good_books_are_good() -> None:
    assert compare(GOOD) == []


@pytest.mark.parametrize(("more", "wrong", "identifier"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_found(more: list[Entry], wrong: Wrong, identifier: str) -> None:
    assert compare([*GOOD, *more]) == [Fault(wrong, identifier)]


def test_delivered_to_somebody_else_only_is_lost_too() -> None:
    books = [Entry(Step.SENT, "a", "bob"), Entry(Step.ACKNOWLEDGED, "a"), Entry(Step.RECEIVED, "a", "carol", since=2)]
    assert {fault.wrong for fault in compare(books)} == {Wrong.LOST, Wrong.MISDELIVERED}


def test_what_is_outstanding_has_not_come_yet() -> None:
    books = Books(list(GOOD[:6]))
    assert books.outstanding() == {"b"}
    books.note(Step.RECEIVED, "b", "carol")
    assert books.outstanding() == set()
