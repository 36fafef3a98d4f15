"""Follows what a container says into a file, as it says it: logs can be looked into while a run goes on, and survive a crash."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from docker import errors

JOIN_S = 5.0


class LogFollower:
    """Follows one life of a container, from its start to its end."""

    def __init__(self, container: Any, log: Path, *, started_at: str) -> None:
        self._container = container
        self._log = log
        self._since = _unix(started_at)
        self._thread = threading.Thread(target=self._follow, name=f"log-{log.stem}", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the last words are in the file; the container has ended."""
        self._thread.join(JOIN_S)

    def _follow(self) -> None:
        with self._log.open("ab", buffering=0) as file:
            try:
                for chunk in self._container.logs(stream=True, follow=True, since=self._since):
                    file.write(chunk)
            except (errors.DockerException, requests.RequestException, OSError) as error:
                file.write(f"(the log could not be followed any further: {error})\n".encode())


def _unix(moment: str) -> float:
    """Docker's nanoseconds as seconds; not rounded up, since the first line may be of the same microsecond."""
    whole, _, fraction = moment.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction[:6] or '0'}")
