"""What an exchange ends with: a whole answer, or the reason why there is none. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ainp_harness.wire.exchange import FailureKind

LOCAL = "LOCAL"
"""The sample's code for a failure of ours: it says nothing about the broker."""


class ExchangeFailed(Exception):
    """There is no whole answer. `kind` is the evidence's word for why, `code` the sample's."""

    def __init__(self, kind: FailureKind, message: str, code: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code


class Stale(ExchangeFailed):
    """A kept connection was closed before the first byte of an answer: the peer may not have seen the request at all."""


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_us: int
    done_us: int
