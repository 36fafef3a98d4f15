"""Security events, one JSON line each on stdout: what happened, whose it was, from where. Never a signature, a body or a key.

The deployment promises an audit log of security events; these are bad signatures, replays, reached limits and reaching for
somebody else's inbox, registration or connection.
"""

from __future__ import annotations

from enum import StrEnum

import structlog

_log = structlog.get_logger("audit")


class Event(StrEnum):
    """What is worth a line."""

    BAD_SIGNATURE = "bad_signature"
    REPLAY = "replay"
    LIMIT_REACHED = "limit_reached"
    NOT_THE_OWNER = "not_the_owner"


def audit(event: Event, *, address: str, did: str | None = None, **details: str) -> None:
    """Write one line. `did` is who the caller proved to be, or claimed to be where that is what failed."""
    _log.warning(str(event), audit=True, address=address, did=did, **details)
