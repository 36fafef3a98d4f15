"""The short cut of `wire.canonical`: where it is taken, it writes what rfc8785 writes."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.canonical import NotCanonical, as_doubles, canonical

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-1000, 1000, places=3).map(float)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.text("abcZ_@0"), inner),
    max_leaves=30,
)


@given(values)
def test_the_short_cut_writes_the_same(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(as_doubles(value))


@pytest.mark.parametrize("value", ["\ud800", ["\ud800"], {"\ud800": 1}, float("nan"), 10**400])
def test_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (-0.0, "0"), (1e21, "1e+21"), (1e-7, "1e-7"), (0.00001, "0.00001"), (0.5, "0.5")])
def test_numbers_as_ecmascript_writes_them(value: float, text: str) -> None:
    assert canonical(value).decode() == text
