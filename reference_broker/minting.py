"""Making credits, by whoever can reach the database: an administrator (ERRATUM-26). No operation of a surface leads here."""

from __future__ import annotations

from ainp_harness.wire.did import check_did
from ainp_harness.wire.errors import WireError
from reference_broker.accounts import minted
from reference_broker.credits import Credits
from reference_broker.database import Database, StartFailed
from reference_broker.errors import BrokerError
from reference_broker.settings import Settings


async def mint(settings: Settings, did: str, text: str) -> str:
    """Add so many credits to an agent's account, and say what it has then.

    Raises:
        StartFailed: that is no DID or no amount, or PostgreSQL does not answer.
    """
    try:
        check_did(did)
        amount = minted(text)
    except (WireError, ValueError) as error:
        raise StartFailed(f"nothing was minted: {error}") from error
    database = Database(settings.database_url.get_secret_value(), pool=settings.database_pool)
    try:
        await database.connect()
        account = await Credits(database, enabled=True, opening=settings.ainp_starting_balance).mint(did, amount)
    except (OSError, BrokerError) as error:
        raise StartFailed(f"nothing was minted: PostgreSQL does not answer ({type(error).__name__})") from error
    finally:
        await database.close()
    return f"{did} has {account.balance:.8f} credits, {account.reserved:.8f} of them reserved"
