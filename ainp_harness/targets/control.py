"""Faults on an embedded target: stop, start, pause and resume its broker and each of its services by name."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ainp_harness.targets.broker import Broker
from ainp_harness.targets.errors import TargetError
from ainp_harness.targets.processes import STOP_S
from ainp_harness.targets.servers import Server, start_servers, stop_servers
from ainp_harness.targets.target import Role


class EmbeddedControl:
    """Control over local processes (see `Control`). Start a broker without `wait` when its services are down: it cannot become ready."""

    def __init__(self, servers: Mapping[Role, Server], brokers: Mapping[Role, Broker], *, ready_deadline_s: float) -> None:
        self._servers = servers
        self._brokers = brokers
        self._ready_deadline_s = ready_deadline_s

    @property
    def roles(self) -> tuple[Role, ...]:
        return (*self._brokers, *self._servers)

    def stop(self, role: Role, *, kill: bool = False, deadline_s: float | None = None) -> None:
        part = self._part(role)
        if part.child is not None and kill:
            part.child.kill()
        if isinstance(part, Server):
            stop_servers([part], deadline_s=deadline_s or STOP_S)
        else:
            part.stop(deadline_s=deadline_s or STOP_S)

    def start(self, role: Role, *, wait: bool = True) -> float | None:
        part = self._part(role)
        if isinstance(part, Broker):
            return part.start(wait=wait, deadline_s=self._ready_deadline_s)
        if part.child is not None and part.child.poll() is None:
            raise TargetError(f"{role} runs already", where="this target", todo="Stop it before it is started again.")
        began = time.monotonic()
        if not wait:
            part.launch()
            return None
        start_servers([part])
        return time.monotonic() - began

    def restart(self, role: Role, *, kill: bool = False, wait: bool = True) -> float | None:
        self.stop(role, kill=kill)
        return self.start(role, wait=wait)

    def pause(self, role: Role) -> None:
        self._part(role).running().pause()

    def resume(self, role: Role) -> None:
        self._part(role).running().resume()

    def _part(self, role: Role) -> Server | Broker:
        part = self._servers.get(role) or self._brokers.get(role)
        if part is None:
            raise TargetError(f"there is no {role!r} here", where="this target", todo=f"Its parts are {', '.join(self.roles)}.")
        return part
