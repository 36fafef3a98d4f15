"""Faults on a Docker target: stop, start, pause and resume its broker and each of its services by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ainp_harness.targets.docker_container import STOP_S, Part
from ainp_harness.targets.errors import TargetError
from ainp_harness.targets.target import BrokerStart, Role

SERVICE_READY_S = 60.0


class DockerControl:
    """Control over containers (see `Control`). Start a broker without `wait` when its services are down: it cannot become ready."""

    def __init__(self, parts: Mapping[Role, Part], *, ready_deadline_s: float, on_start: Callable[[BrokerStart], None]) -> None:
        self._parts = parts
        self._ready_deadline_s = ready_deadline_s
        self._on_start = on_start

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(self._parts)

    def stop(self, role: Role, *, kill: bool = False, deadline_s: float | None = None) -> None:
        self._part(role).stop(kill=kill, deadline_s=deadline_s or STOP_S)

    def start(self, role: Role, *, wait: bool = True) -> float | None:
        part = self._part(role)
        if part.is_running():
            raise TargetError(f"{role} runs already", where="this target", todo="Stop it before it is started again.")
        is_broker = role.startswith("broker")
        started_at, began = time.time(), time.monotonic()
        part.launch()
        deadline_s = self._ready_deadline_s if is_broker else SERVICE_READY_S
        ready_s = part.wait_ready(began=began, deadline_s=deadline_s) if wait else None
        if is_broker:
            self._on_start(BrokerStart(role, started_at, part.address[1], ready_s))
        return ready_s

    def restart(self, role: Role, *, kill: bool = False, wait: bool = True) -> float | None:
        self.stop(role, kill=kill)
        return self.start(role, wait=wait)

    def pause(self, role: Role) -> None:
        self._part(role).pause()

    def resume(self, role: Role) -> None:
        self._part(role).resume()

    def _part(self, role: Role) -> Part:
        part = self._parts.get(role)
        if part is None:
            raise TargetError(f"there is no {role!r} here", where="this target", todo=f"Its parts are {', '.join(self.roles)}.")
        return part
