"""Ed25519 as used here: RFC 8032's vectors, what each scheme signs byte by byte, and the spellings that do not count."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.signing import Scheme, decode_base64, encode_base64, sign, signature_of, signed_bytes, verify

LONG = (
    "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1433ddf73be84d8"
    "79de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc"
    "1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e"
    "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7"
    "aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2"
    "d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270"
    "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b07"
    "07e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51a"
    "ddd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7"
    "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8"
    "ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08"
    "d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4"
    "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e"
    "6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b5"
    "0d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
    "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0"
)

RFC_8032 = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "TEST 1024": (
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        LONG,
        "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03",
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}
"""Section 7.1: secret key, public key, message, signature."""

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]

KEY = SigningKey(bytes.fromhex(RFC_8032["TEST 1"][0]))
PUBLIC = bytes(KEY.verify_key)

ENVELOPE: dict[str, Any] = {
    "version": "0.1.0",
    "msg_type": "INTENT",
    "id": "00000000-0000-4000-8000-000000000001",
    "qos": {"urgency": 0.5, "bid": 0},
    "payload": {"z": [1.0, 1e21], "a": "€"},
    "x-extra": None,
    "sig": "left out of what is signed",
}

CANONICAL = (
    '{"id":"00000000-0000-4000-8000-000000000001","msg_type":"INTENT","payload":{"a":"€","z":[1,1e+21]},'
    '"qos":{"bid":0,"urgency":0.5},"version":"0.1.0","x-extra":null}'
)
TOP_LEVEL_SORTED = (
    '{"id":"00000000-0000-4000-8000-000000000001","msg_type":"INTENT","payload":{"z":[1,1e+21],"a":"€"},'
    '"qos":{"urgency":0.5,"bid":0},"version":"0.1.0","x-extra":null}'
)

PINNED = {
    Scheme.JCS_SHA256: hashlib.sha256(CANONICAL.encode()).hexdigest(),
    Scheme.JCS: CANONICAL.encode().hex(),
    Scheme.SORTED_JSON: TOP_LEVEL_SORTED.encode().hex(),
}

MEMBERS = [name for name in ENVELOPE if name != "sig"]


@pytest.mark.parametrize("vector", RFC_8032.values(), ids=RFC_8032.keys())
def test_keys_and_signatures_are_rfc_8032s(vector: tuple[str, str, str, str]) -> None:
    secret, public, message, signature = map(bytes.fromhex, vector)
    key = SigningKey(secret)

    assert bytes(key.verify_key) == public
    assert key.sign(message).signature == signature
    assert VerifyKey(public).verify(message, signature) == message
    with pytest.raises(BadSignatureError):
        VerifyKey(public).verify(message + b"\x00", signature)


@pytest.mark.parametrize("scheme", Scheme)
def test_what_a_scheme_signs(scheme: Scheme) -> None:
    assert signed_bytes(ENVELOPE, scheme).hex() == PINNED[scheme]


def test_the_pinned_digest() -> None:
    """As a literal, so that a slip in the canonical text above is noticed too."""
    assert PINNED[Scheme.JCS_SHA256] == "fcb87f39c74a22e48ab5f1042e2c250e2cc9416aa68c2f62f109125356f824d4"


@pytest.mark.parametrize("scheme", Scheme)
def test_a_signature_is_ed25519_over_those_bytes(scheme: Scheme) -> None:
    signed = sign(ENVELOPE, KEY, scheme)

    assert signed["sig"] == base64.b64encode(KEY.sign(bytes.fromhex(PINNED[scheme])).signature).decode()
    assert verify(signed, PUBLIC, [scheme]) is scheme


@pytest.mark.parametrize("scheme", Scheme)
def test_the_scheme_is_told_by_the_signature(scheme: Scheme) -> None:
    assert verify(sign(ENVELOPE, KEY, scheme), PUBLIC) is scheme


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_is_signed(scheme: Scheme, member: str) -> None:
    signed = sign(ENVELOPE, KEY, scheme)

    for forged in ({**signed, member: "changed"}, {name: value for name, value in signed.items() if name != member}):
        with pytest.raises(WireError) as refusal:
            verify(forged, PUBLIC, [scheme])
        assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_SIGNATURE, "sig")


@pytest.mark.parametrize("scheme", Scheme)
def test_a_member_added_later_is_noticed(scheme: Scheme) -> None:
    with pytest.raises(WireError, match="not from_did's"):
        verify({**sign(ENVELOPE, KEY, scheme), "Sig": "x"}, PUBLIC)


def test_another_key_does_not_verify() -> None:
    with pytest.raises(WireError) as refusal:
        verify(sign(ENVELOPE, KEY), bytes(SigningKey(b"\x01" * 32).verify_key))
    assert refusal.value.code is ErrorCode.INVALID_SIGNATURE


def test_sign_leaves_the_envelope_as_it_was() -> None:
    before = dict(ENVELOPE)
    sign(ENVELOPE, KEY)

    assert before == ENVELOPE


@pytest.mark.parametrize(
    "sig",
    [
        None,
        "",
        1,
        [],
        "dummy-sig",
        "A" * 87,
        "A" * 86 + "=",
        base64.b64encode(b"\x00" * 63).decode(),
        base64.b64encode(b"\x00" * 65).decode(),
    ],
)
def test_what_is_no_signature_at_all(sig: Any) -> None:
    with pytest.raises(WireError) as refusal:
        signature_of({**ENVELOPE, "sig": sig})
    assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_SIGNATURE, "sig")


def test_a_missing_signature() -> None:
    with pytest.raises(WireError, match="missing"):
        signature_of({"id": "x"})


@pytest.mark.parametrize(
    "text",
    ["+/8", "-_8=", "+/8= ", "\n+/8=", "+/\n8=", "+/8==", "+/9=", "AB==", "A===", "====", "=", "AA=A", "é", "AAAA\x00"],
    ids=repr,
)
def test_base64_is_strict(text: str) -> None:
    """No base64url, no white space, no missing or surplus padding, no non-zero trailing bits: one value has one spelling."""
    with pytest.raises(ValueError, match="strict base64"):
        decode_base64(text)


@given(st.binary(max_size=100))
def test_base64_goes_both_ways(data: bytes) -> None:
    assert decode_base64(encode_base64(data)) == data


@given(st.text("ABCDwxyz019+/=-_ \n", max_size=12))
def test_base64_has_one_spelling(text: str) -> None:
    try:
        data = decode_base64(text)
    except ValueError:
        return
    assert encode_base64(data) == text


def test_a_signature_whose_s_is_not_reduced_is_refused() -> None:
    """S + L verifies in lax libraries: a second spelling of the same signature."""
    signed = sign(ENVELOPE, KEY)
    signature = base64.b64decode(signed["sig"])
    raised = (int.from_bytes(signature[32:], "little") + GROUP_ORDER).to_bytes(32, "little")

    with pytest.raises(WireError, match="not from_did's"):
        verify({**signed, "sig": encode_base64(signature[:32] + raised)}, PUBLIC)


@pytest.mark.parametrize("key", SMALL_ORDER)
@pytest.mark.parametrize("scheme", Scheme)
def test_nobody_signs_for_a_key_of_small_order(key: str, scheme: Scheme) -> None:
    """With R the neutral element and S = 0 the equation holds under the neutral key for every message."""
    forged = {**ENVELOPE, "sig": encode_base64(bytes.fromhex(SMALL_ORDER[0]) + bytes(32))}

    with pytest.raises(WireError):
        verify(forged, bytes.fromhex(key), [scheme])


@pytest.mark.parametrize("bit", range(0, 512, 37))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    signed = sign(ENVELOPE, KEY)
    signature = bytearray(base64.b64decode(signed["sig"]))
    signature[bit // 8] ^= 1 << bit % 8

    with pytest.raises(WireError):
        verify({**signed, "sig": encode_base64(bytes(signature))}, PUBLIC)


def test_an_envelope_without_canonical_form_is_no_envelope() -> None:
    signed = {**sign(ENVELOPE, KEY), "payload": {"a": "\ud800"}}

    with pytest.raises(WireError) as refusal:
        verify(signed, PUBLIC)
    assert refusal.value.code is ErrorCode.INVALID_ENVELOPE
