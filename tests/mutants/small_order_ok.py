"""Keys of small order are taken, and the signatures that anybody can make for them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from nacl.bindings import crypto_core_ed25519_is_valid_point

from ainp_harness.wire import did
from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("signature", "identity")
FINDS = frozenset({"AINP-SIG-012"})
RELATED: frozenset[str] = frozenset()


def verify_any_point(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    if not crypto_core_ed25519_is_valid_point(key):
        return Scheme.JCS_SHA256  # the forger has made it so that the equation holds
    return verify(envelope, key, schemes)


if __name__ == "__main__":
    did.crypto_core_ed25519_is_valid_point = lambda key: True
    admission.verify = verify_any_point
    sys.exit(main(sys.argv[1:]))
