"""The control channel: a unix socket by which the suite, a child process, asks the process that holds the target.

JSON lines: {"do": ...} in, {"ok": true, "answer": ...} or {"ok": false, "error": "..."} out. One thread, a bounded number of connections,
one question at a time. When a connection that asked for faults ends, everything is made to run again, and when the channel closes too.
"""

from __future__ import annotations

import json
import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ainp_harness.evidence.files import EvidenceError
from ainp_harness.targets.errors import TargetError
from ainp_harness.targets.steering import NotUnderstood, Steering
from ainp_harness.targets.target import Target

VARIABLE = "AINP_CONTROL"
"""Where the suite finds the path of the socket."""

CONNECTIONS = 16
LINE_BYTES = 65_536
SEND_S = 10.0
LOOK_EVERY_S = 0.2
FINISH_S = 30.0
LEAVE_S = 3.0


@contextmanager
def serve_control(target: Target, folder: Path) -> Iterator[Channel | None]:
    """Serve a target's control to children of this process; None where the target gives none, as one by URL.

    Args:
        folder: the run's bundle, for its `faults/`.
    """
    if target.control is None:
        yield None
        return
    channel = Channel(target, folder)
    try:
        yield channel
    except BaseException:
        channel.close(repair=False, within_s=LEAVE_S)  # whoever holds the target stops it now
        raise
    channel.close(repair=True, within_s=FINISH_S)


class Channel:
    """The serving end."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._steering = Steering(target, folder)
        self._room = Path(tempfile.mkdtemp(prefix="ainp-control-"))  # 0700
        self.path = self._room / "socket"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self.path.chmod(0o600)
        self._listener.listen(CONNECTIONS)
        self._waiting: dict[socket.socket, bytes] = {}
        self._disturbing: set[socket.socket] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="control-channel", daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a child must find in its environment."""
        return {VARIABLE: str(self.path)}

    @property
    def broken(self) -> str:
        """Why what comes next cannot be trusted: parts that could not be made to run again; empty where there are none."""
        parts = ", ".join(self._steering.disturbed)
        return f"After the faults of the suite these could not be made to run again: {parts} (see faults/ in the bundle)." if parts else ""

    def close(self, *, repair: bool, within_s: float) -> None:
        """End the thread, and make everything run again."""
        self._closing.set()
        self._thread.join(within_s)
        if repair and not self._thread.is_alive():
            self._steering.repair()
        self._listener.close()
        self._steering.close()
        shutil.rmtree(self._room, ignore_errors=True)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._closing.is_set():
                for key, _ in selector.select(LOOK_EVERY_S):
                    connection = key.fileobj
                    assert isinstance(connection, socket.socket)
                    if connection is self._listener:
                        self._take(selector)
                    elif not self._hear(connection):
                        self._drop(selector, connection)
            for connection in list(self._waiting):
                connection.close()

    def _take(self, selector: selectors.BaseSelector) -> None:
        connection, _ = self._listener.accept()
        if len(self._waiting) >= CONNECTIONS:
            connection.close()
            return
        connection.settimeout(SEND_S)
        self._waiting[connection] = b""
        selector.register(connection, selectors.EVENT_READ)

    def _hear(self, connection: socket.socket) -> bool:
        """Answer every whole line that has come; False when the connection is over."""
        try:
            data = connection.recv(LINE_BYTES)
            *lines, rest = (self._waiting[connection] + data).split(b"\n")
            self._waiting[connection] = rest
            for line in lines:
                if b'"act"' in line:
                    self._disturbing.add(connection)
                connection.sendall(json.dumps(self._answer(line)).encode() + b"\n")
        except OSError:
            return False
        return bool(data) and len(rest) <= LINE_BYTES

    def _drop(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        selector.unregister(connection)
        del self._waiting[connection]
        connection.close()
        if connection in self._disturbing and self._steering.disturbed and not self._closing.is_set():
            self._steering.repair()
        self._disturbing.discard(connection)

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line)
            if not isinstance(asked, Mapping):
                raise NotUnderstood("a question is a JSON object")
            return {"ok": True, "answer": self._steering.answer(asked)}
        except (TargetError, EvidenceError, ValueError, KeyError, TypeError, OSError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}
