"""Ports on the loopback address: finding a free one, and saying whether a given one is taken. A port found free can be taken a moment
later, so whoever uses one also looks at why its server ended early."""

from __future__ import annotations

import errno
import socket

HOST = "127.0.0.1"
IN_USE_TEXTS = ("address already in use", "address in use", "eaddrinuse", "errno 98", "errno 48")


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether another program listens on the port. Connections of an earlier server that are still closing don't count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def says_in_use(log: str) -> bool:
    """Whether a server's last words are about a port that is taken."""
    lowered = log.lower()
    return any(text in lowered for text in IN_USE_TEXTS)
