"""Seeded identities: the same for everybody who has the seed, whatever else was derived before."""

from __future__ import annotations

import hashlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.identity import Identity, derive, derived_uuid
from ainp_harness.wire.proof import read_proof, verify_proof
from ainp_harness.wire.signing import Scheme, verify


def test_the_derivation_is_pinned() -> None:
    """A recorded seed must give the same identities in every later version."""
    independent = hashlib.sha256(b"\0\0\0\x04seed\0\0\0\x05probe\0\0\0\x017").hexdigest()

    assert derive("seed", "probe", 7).hex() == independent
    assert Identity.derived("seed", "alice").did == "did:key:z6MkunBk1w8D4Vu9NrSGyWSny8Ndsa1tn9kbHatAfE5NEyL1"
    assert derived_uuid("seed", "intent", 1) == "ac3dfc0d-b1f2-4b03-9b6d-78b1d136bb0f"


@given(st.lists(st.text("ab:1", max_size=3), max_size=4), st.lists(st.text("ab:1", max_size=3), max_size=4))
def test_different_purposes_give_different_bytes(one: list[str], other: list[str]) -> None:
    assert (derive("seed", *one) == derive("seed", *other)) == (one == other)


def test_order_and_subsets_change_nothing() -> None:
    forward = [Identity.derived("seed", n).did for n in range(5)]
    backward = [Identity.derived("seed", n).did for n in reversed(range(5))]

    assert forward == backward[::-1]
    assert len(set(forward)) == 5
    assert Identity.derived("seed", 3).did == forward[3]
    assert Identity.derived("other seed", 3).did not in forward


@given(st.text(max_size=10), st.integers())
def test_a_derived_id_is_a_uuid_of_version_4(seed: str, n: int) -> None:
    derived = uuid.UUID(derived_uuid(seed, n))

    assert derived.version == 4
    assert derived.variant == uuid.RFC_4122


@pytest.mark.parametrize("scheme", Scheme)
def test_an_identity_signs_by_its_own_key(scheme: Scheme) -> None:
    alice = Identity.derived("seed", "alice")

    assert verify(alice.sign({"id": "x"}, scheme), alice.public_key, [scheme]) is scheme


def test_an_identity_proves_its_requests() -> None:
    alice = Identity.derived("seed", "alice")
    proof = read_proof(alice.prove(method="POST", target="/x", timestamp_ms=5, body=b"{}"))

    assert proof is not None
    assert proof.did == alice.did
    verify_proof(proof, alice.public_key, method="POST", target="/x", body=b"{}", now_ms=5)


def test_an_identity_does_not_print_its_key() -> None:
    alice = Identity.derived("seed", "alice")

    assert bytes(alice.key).hex() not in repr(alice)
    assert "SigningKey" not in repr(alice)
