"""Canonical JSON against RFC 8785's own vectors: numbers (appendix B), literals and escapes (3.2.2), the order of keys (3.2.3)."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.canonical import MAX_DEPTH, NotCanonical, as_doubles, canonical, compact, parse_json, sorted_json

APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]

RFC_3_2_2_INPUT = rb"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""

RFC_3_2_3_HEX = (
    "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c"
    "31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
)
"""The bytes of section 3.2.4, the example's result in UTF-8."""

RFC_3_2_3_KEYS = rb"""{
  "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
  "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
}"""

RFC_3_2_3_ORDER = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]

KEYS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("abcZ_@0")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"1" + b"]" * levels


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B)
def test_a_number_is_written_as_appendix_b_says(bits: str, text: str) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]

    assert canonical(number) == text.encode()
    assert canonical({"n": [number]}) == b'{"n":[' + text.encode() + b"]}"


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_nan_and_infinity_have_no_form(bits: str) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]

    with pytest.raises(NotCanonical):
        canonical([number])


@pytest.mark.parametrize(
    ("number", "text"), [(1e-7, "1e-7"), (1e21, "1e+21"), (1.0, "1"), (-0.0, "0"), (0.001, "0.001"), (1e15, "1000000000000000")]
)
def test_numbers_at_the_edge_of_the_short_cut(number: float, text: str) -> None:
    assert canonical({"n": number}) == b'{"n":' + text.encode() + b"}"


def test_the_example_of_3_2_2_gives_the_bytes_of_3_2_4() -> None:
    assert canonical(parse_json(RFC_3_2_2_INPUT)).hex() == RFC_3_2_3_HEX


def test_keys_sort_by_utf_16_code_units() -> None:
    written = canonical(parse_json(RFC_3_2_3_KEYS))

    assert list(json.loads(written).values()) == RFC_3_2_3_ORDER


def test_keys_sort_at_every_level() -> None:
    assert canonical({"b": [{"z": 1, "a": 2}], "a": {"y": 1, "x": 2}}) == b'{"a":{"x":2,"y":1},"b":[{"a":2,"z":1}]}'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (b"295147905179352830000", b"295147905179352830000"),
        (b"9007199254740993", b"9007199254740992"),
        (b"-9007199254740993", b"-9007199254740992"),
        (b"9007199254740991", b"9007199254740991"),
        (b"18446744073709551617", b"18446744073709552000"),
        (b"1e2", b"100"),
    ],
)
def test_an_integer_beyond_2_53_is_read_as_a_double(text: bytes, written: bytes) -> None:
    assert canonical(parse_json(text)) == written


@pytest.mark.parametrize(
    "text", [b"1e400", b"[-1e400]", b"NaN", b"Infinity", b"{}x", b"", b"{'a':1}", b'"\\ud800"', b'"\xff"', b"[1,]", b'"\x00"']
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_json(text)


def test_an_integer_beyond_every_double_has_no_form() -> None:
    with pytest.raises(NotCanonical, match="range of a double"):
        canonical({"n": 10**400})


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, [{"a": "x\ud83d"}]])
def test_a_lone_surrogate_has_no_form(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)
    with pytest.raises(NotCanonical):
        sorted_json({"member": value})


@pytest.mark.parametrize("value", [{1: "a"}, b"bytes", {"a": {1, 2}}])
def test_what_is_no_json_value_has_no_form(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_nesting_is_bounded() -> None:
    assert canonical(parse_json(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(NotCanonical):
            parse_json(nested(levels))


def test_escapes_are_the_shortest() -> None:
    assert canonical('\b\t\n\f\r"\\/\x00\x1f\x7f€') == '"\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\x7f€"'.encode()


def test_sorted_json_sorts_the_top_level_alone() -> None:
    value = {"b": {"z": 1, "a": [1.0, 1e21, -0.0, 0.5]}, "a": "€/\u2028"}

    assert sorted_json(value) == '{"a":"€/\u2028","b":{"z":1,"a":[1,1e+21,0,0.5]}}'.encode()


def test_sorted_json_sorts_as_ecmascript_does() -> None:
    """Array.prototype.sort compares UTF-16 code units: the emoji, a surrogate pair, comes before U+FB33."""
    assert sorted_json({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_compact_keeps_the_order_given() -> None:
    assert compact({"b": 1, "a": "€"}) == '{"b":1,"a":"€"}'.encode()


@given(VALUES)
def test_the_form_is_stable_and_means_the_same(value: Any) -> None:
    written = canonical(value)

    assert parse_json(written) == as_doubles(value)
    assert canonical(parse_json(written)) == written


@given(VALUES)
def test_the_form_does_not_depend_on_the_order_of_keys(value: Any) -> None:
    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(item) for key, item in reversed(part.items())}
        return [turned(item) for item in part] if isinstance(part, list) else part

    assert canonical(turned(value)) == canonical(value)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_sorted_json_means_the_same(value: dict[str, Any]) -> None:
    assert parse_json(sorted_json(value)) == as_doubles(value)


@given(st.binary(max_size=40))
def test_parsing_gives_a_value_or_says_no(data: bytes) -> None:
    try:
        value = parse_json(data)
    except NotCanonical:
        return
    assert parse_json(compact(value)) == value
