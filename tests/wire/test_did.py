"""did:key of Ed25519 against the method's test vectors, by a base58 of the test's own; the syntax of did:web."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from ainp_harness.wire.did import MAX_DID_LENGTH, check_did, did_key, public_key_of
from ainp_harness.wire.errors import ErrorCode, WireError

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

VECTORS = [
    (
        "00" * 31 + "00",
        "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    ),
    (
        "00" * 31 + "01",
        "4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29",
        "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
    ),
    (
        "00" * 31 + "02",
        "7422b9887598068e32c4448a949adb290d0f4e35b9e01b0ee5f1a1e600fe2674",
        "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf",
    ),
]
"""Seed, public key and DID of the did:key method's Ed25519 test suite."""

OTHER_KEYS = {
    "X25519": "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F",
    "secp256k1": "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
    "P-256": "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
}


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\x00"))) + text


def key_did(data: bytes) -> str:
    return "did:key:z" + base58(data)


@pytest.mark.parametrize(("seed", "public", "did"), VECTORS)
def test_the_vectors_of_the_method(seed: str, public: str, did: str) -> None:
    assert bytes(SigningKey(bytes.fromhex(seed)).verify_key).hex() == public
    assert key_did(b"\xed\x01" + bytes.fromhex(public)) == did
    assert did_key(bytes.fromhex(public)) == did
    assert public_key_of(did).hex() == public


@given(st.binary(min_size=32, max_size=32))
def test_a_key_and_its_did_name_each_other(seed: bytes) -> None:
    public = bytes(SigningKey(seed).verify_key)

    assert did_key(public) == key_did(b"\xed\x01" + public)
    assert public_key_of(did_key(public)) == public


@pytest.mark.parametrize("did", OTHER_KEYS.values(), ids=OTHER_KEYS.keys())
def test_keys_of_other_kinds_are_refused(did: str) -> None:
    with pytest.raises(WireError, match="multicodec"):
        public_key_of(did)


GOOD = VECTORS[0][2]

MALFORMED = {
    "empty": "",
    "no method": "did:",
    "placeholder of the smoke test": "did:key:test",
    "no multibase prefix": GOOD.replace("did:key:z", "did:key:"),
    "another multibase": GOOD.replace("did:key:z", "did:key:u"),
    "nothing after the prefix": "did:key:z",
    "upper-case scheme": GOOD.replace("did:", "DID:"),
    "a letter that base58 has not": GOOD[:-1] + "0",
    "white space at the end": GOOD + "\n",
    "a blank at the end": GOOD + " ",
    "a fragment": GOOD + "#key-1",
    "beyond ASCII": GOOD[:-1] + "é",
    "31 bytes": key_did(b"\xed\x01" + bytes.fromhex(VECTORS[0][1])[:31]),
    "33 bytes": key_did(b"\xed\x01" + bytes.fromhex(VECTORS[0][1]) + b"\x00"),
    "the private key's multicodec": key_did(b"\x80\x26" + bytes.fromhex(VECTORS[0][1])),
    "multicodec without its second byte": key_did(b"\xed" + bytes.fromhex(VECTORS[0][1])),
    "small order": key_did(b"\xed\x01" + bytes([1]) + bytes(31)),
    "not on the curve": key_did(b"\xed\x01" + bytes([2]) + bytes(31)),
    "not the canonical spelling of a point": key_did(b"\xed\x01" + (2**255 - 19 + 3).to_bytes(32, "little")),
    "endless": "did:key:z" + "6" * MAX_DID_LENGTH,
    "another method": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
}


@pytest.mark.parametrize("did", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_did_of_ours(did: str) -> None:
    for reads in (check_did, public_key_of):
        with pytest.raises(WireError) as refusal:
            reads(did)
        assert refusal.value.code is ErrorCode.INVALID_DID


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_public_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match=str(length)):
        did_key(bytes(length))


@pytest.mark.parametrize(
    ("did", "well_formed"),
    [
        ("did:web:example.com", True),
        ("did:web:example.com:user:alice", True),
        ("did:web:example.com%3A3000", True),
        ("did:web:example.com%3a3000:user", True),
        ("did:web:w3c-ccg.github.io", True),
        ("did:web:example.com:a%20b", True),
        ("did:web:", False),
        ("did:web:example.com:", False),
        ("did:web:example.com::a", False),
        ("did:web:example.com:3000/path", False),
        ("did:web:example.com/path", False),
        ("did:web:example.com%2Fpath", False),
        ("did:web:example.com%3A", False),
        ("did:web:example.com%3A123456", False),
        ("did:web:user@example.com", False),
        ("did:web:example.com?x=1", False),
        ("did:web:example.com#key", False),
        ("did:web:example.com ", False),
        ("did:web:example.com\n", False),
        ("did:web:exämple.com", False),
        ("did:web:example.com:a%zz", False),
        ("did:web:example.com:a%2", False),
        ("did:web:" + "a" * MAX_DID_LENGTH, False),
    ],
)
def test_the_syntax_of_did_web(did: str, well_formed: bool) -> None:
    if well_formed:
        assert check_did(did) == did
        return
    with pytest.raises(WireError) as refusal:
        check_did(did)
    assert refusal.value.code is ErrorCode.INVALID_DID


@given(st.text(max_size=60) | st.text(ALPHABET, max_size=60).map("did:key:z".__add__))
def test_any_text_is_a_did_or_says_no(text: str) -> None:
    try:
        assert check_did(text) == text
    except WireError as refusal:
        assert refusal.code is ErrorCode.INVALID_DID
