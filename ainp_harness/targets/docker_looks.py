"""One look at a service through its published port: whether it serves its own protocol. An open port says nothing, since Docker's
proxy accepts connections before anybody listens behind it."""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Callable

from ainp_harness.targets.broker import READY_PATH

LOOK_S = 2.0
PROTOCOL_3 = 196608  # PostgreSQL, "StartupMessage"
Look = Callable[[str, int], bool]


def postgres_look(user: str) -> Look:
    """A server that asks for a password ('R') is open; while it starts or ends it says an error instead."""
    parameters = b"user\0" + user.encode() + b"\0\0"
    greeting = struct.pack("!II", 8 + len(parameters), PROTOCOL_3) + parameters
    return lambda host, port: _answer(host, port, greeting, 1) == b"R"


def redis_look(password: str) -> Look:
    """PING is answered by an error while data is loaded."""
    wanted = b"+OK\r\n+PONG"
    return lambda host, port: _answer(host, port, f"AUTH {password}\r\nPING\r\n".encode(), len(wanted)) == wanted


def nats_look(host: str, port: int) -> bool:
    """It greets first, once it accepts clients."""
    return _answer(host, port, b"", 5) == b"INFO "


def broker_look(host: str, port: int) -> bool:
    return broker_status(host, port) == http.client.OK


def broker_status(host: str, port: int) -> int | None:
    """The status of one readiness request, None when nothing answered."""
    connection = http.client.HTTPConnection(host, port, timeout=LOOK_S)
    try:
        connection.request("GET", READY_PATH)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _answer(host: str, port: int, question: bytes, length: int) -> bytes:
    try:
        with socket.create_connection((host, port), timeout=LOOK_S) as connection:
            connection.settimeout(LOOK_S)
            connection.sendall(question)
            answer = b""
            while len(answer) < length and (data := connection.recv(length - len(answer))):
                answer += data
            return answer
    except OSError:
        return b""
