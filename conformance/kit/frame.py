"""The run that probes belong to: its folder, its sealed plan, and what all probes of one worker share."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ainp_harness.evidence.plan import Plan
from ainp_harness.evidence.recorder import Recorder, Redactor
from ainp_harness.judging.verdict import RunVerdict
from ainp_harness.wire.binding_data import parse_binding
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import Exchange
from conformance.kit.driver import Shared
from conformance.kit.pacing import Pacer, source_addresses
from conformance.kit.planning import tls_context
from conformance.kit.reach import Reach
from conformance.kit.transport import Transport
from conformance.kit.workers import Share


@dataclass
class Frame:
    """The run, as one process sees it. `alone`: this process sealed the plan, and tells the verdict at the end."""

    folder: Path
    plan: Plan
    headers: dict[str, str]
    ca_file: Path | None
    alone: bool
    share: Share = field(default_factory=Share)
    verdicts: tuple[RunVerdict, ...] = ()

    @asynccontextmanager
    async def shared(self, announce: Callable[[str], None]) -> AsyncIterator[Shared]:
        """What the probes of this worker share, open for as long as it lasts."""
        reach = await Reach.connect()
        recorder = Recorder(self.folder, self.share.worker, Redactor.for_headers(self.headers).also(reach.facts.secrets.values()))
        verify = tls_context(self.ca_file)
        transport = Transport(
            parse_binding(self.plan.binding),
            recorder,
            self._pacer(announce),
            lambda address, url: Client(url or self.plan.target.url, headers=self.headers, verify=verify, local_address=address),
            self.share.requests(self._budget()),
        )
        try:
            yield Shared(self.plan, transport, self.plan.promises()[0], first_message=_first_message(self.folder), reach=reach)
        finally:
            await transport.close()
            await reach.close()
            recorder.close()

    def _budget(self) -> int | None:
        """What of the request budget the look before the seal has left."""
        path = self.folder / "exchanges" / "look.jsonl"
        looked = len(path.read_text().splitlines()) if path.exists() else 0
        return None if self.plan.max_requests is None else max(0, self.plan.max_requests - looked)

    def _pacer(self, announce: Callable[[str], None]) -> Pacer:
        """The budgets of this worker: DIDs are its own; addresses are shared out, or where there is but one, its limit is."""
        declared = self.plan.declared.limits if self.plan.declared else {}
        constants = [promises.profile.constants for promises in self.plan.promises()]
        per_did = min(declared.get("per_did", constants[0].limit_per_did), *(one.limit_per_did for one in constants))
        per_ip = min(declared.get("per_ip", constants[0].limit_per_ip), *(one.limit_per_ip for one in constants))
        alone = self.plan.canary.addresses == "one"
        return Pacer(
            per_did=int(per_did),
            per_ip=self.share.limit(per_ip) if alone else int(per_ip),
            window_s=max(declared.get("window_s", 0), *(one.limit_window_s for one in constants)),
            addresses=[None] if alone else self.share.part(source_addresses(self.plan.run_id)),
            announce=announce,
            discovery=int(declared["discovery_per_minute"]) if "discovery_per_minute" in declared else None,
        )


def _first_message(folder: Path) -> dict[str, Any] | None:
    """The first message that the broker accepted, before anything counted; None where it accepted none."""
    path = folder / "exchanges" / "look.jsonl"
    exchanges = [Exchange.from_data(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []
    accepted = [found for found in exchanges if found.operation == "send_intent" and found.response and found.response.status < 300]
    message = accepted[-1].request.body.json() if accepted else None
    return message if isinstance(message, dict) and "sig" in message else None
