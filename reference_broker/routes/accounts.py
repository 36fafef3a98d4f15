"""An agent's own account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.admission import require_owner
from reference_broker.broker import Broker
from reference_broker.errors import json_response, not_found


async def get_account(request: Request, broker: Broker) -> Response:
    """Balance and what of it is reserved."""
    proven = await broker.admission.proof(request)
    require_owner(proven, request.path_params["did"])
    if not broker.credits.enabled:
        raise not_found("an account")
    return json_response((await broker.credits.account(proven.did)).body())
