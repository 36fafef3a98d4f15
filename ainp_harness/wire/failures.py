"""What an exception of the network means: the kind of failure that an exchange records."""

from __future__ import annotations

import errno
import ssl

import httpx
import websockets

from ainp_harness.wire.exchange import Failure, FailureKind


def failure_of(error: BaseException) -> Failure:
    """What kind of failure an exception of the client is."""
    chain = _chain(error)
    text = str(error) or type(error).__name__
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        return Failure(FailureKind.TLS, text)
    if any(
        isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL) for cause in chain
    ):
        return Failure(FailureKind.LOCAL, text)
    if isinstance(error, httpx.TimeoutException):
        return Failure(FailureKind.TIMEOUT, text)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | ConnectionRefusedError):
        return Failure(FailureKind.CONNECT, text)
    if isinstance(error, httpx.ProtocolError | httpx.InvalidURL | websockets.WebSocketException):
        return Failure(FailureKind.PROTOCOL, text)
    if isinstance(error, OSError) and not isinstance(error, ConnectionResetError | BrokenPipeError):
        return Failure(FailureKind.CONNECT, text)
    return Failure(FailureKind.CLOSED, text)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found
