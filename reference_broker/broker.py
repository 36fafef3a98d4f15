"""The broker's parts put together: which needs which, how they start, in what order they stop. There is no logic of the protocol here."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import nats.errors
import structlog

from reference_broker.admission import Admission
from reference_broker.cache import Cache
from reference_broker.credits import Credits
from reference_broker.database import Database, StartFailed
from reference_broker.delivery import Sessions
from reference_broker.did_web import DidWeb
from reference_broker.discovery import Discovery
from reference_broker.embedding import Embedding, load_model
from reference_broker.errors import BrokerError
from reference_broker.escrow import CreditEscrow
from reference_broker.handover import HandOver
from reference_broker.identity import BrokerIdentity, load_identity
from reference_broker.inbox import STREAM, Inbox
from reference_broker.incoming import MAX_BODY_BYTES
from reference_broker.intents import Intents
from reference_broker.jetstream import JetStream
from reference_broker.ledger import Ledger
from reference_broker.limits import Limits
from reference_broker.listing import Listing
from reference_broker.negotiations import Negotiations
from reference_broker.presence import Presence
from reference_broker.readiness import Readiness
from reference_broker.registry import Registry
from reference_broker.routing import Routing
from reference_broker.settings import Settings
from reference_broker.trust import Decay, Trust

SWEEP_S = 60.0
TRY_AGAIN_S = 0.5

_log = structlog.get_logger("broker")


@dataclass(frozen=True)
class Broker:
    """Every part, started. Routes get this and nothing else."""

    settings: Settings
    instance: str
    identity: BrokerIdentity
    database: Database
    cache: Cache
    jetstream: JetStream
    embedding: Embedding
    ledger: Ledger
    did_web: DidWeb
    admission: Admission
    registry: Registry
    discovery: Discovery
    routing: Routing
    negotiations: Negotiations
    inbox: Inbox
    listing: Listing
    intents: Intents
    credits: Credits
    presence: Presence
    sessions: Sessions
    readiness: Readiness

    async def drain(self) -> None:
        """Take nothing new: not ready, connections closed, waiting polls answered."""
        self.readiness.draining = True
        self.inbox.drain()
        await self.sessions.close_all()

    async def stop(self) -> None:
        """Close what was opened. Nothing is buffered: what was acknowledged is in the stream."""
        await self.jetstream.close()
        await self.cache.close()
        await self.database.close()
        await self.embedding.close()
        await self.did_web.close()

    async def sweep_for_ever(self) -> None:
        """Every instance takes away what has expired; doing it twice does no harm."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.negotiations.sweep_for_ever())
            tasks.create_task(self._sweep_now_and_then())

    async def _sweep_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.ledger.sweep()
                await self.credits.sweep()
                await self.registry.sweep()
                await self.routing.trust.sweep()
                await self.database.fit_search()
                await self.presence.sweep()
                await self.listing.sweep()
                await self.negotiations.forget()
            except BrokerError:
                _log.warning("sweep_put_off")


def new_instance_id() -> str:
    """The random id of a process, on every answer (docs/surface-v1.md)."""
    return secrets.token_hex(8)


async def start_broker(settings: Settings, instance: str) -> Broker:
    """Connect to the services, waiting for them a while, and put the parts together.

    Raises:
        StartFailed: a service did not answer in time, or the database was made for other settings.
    """
    database = Database(settings.database_url.get_secret_value(), pool=settings.database_pool)
    cache = Cache(settings.redis_url.get_secret_value())
    jetstream = JetStream(settings.nats_url.get_secret_value(), STREAM)
    embedding = await _load_embedding(settings)
    await _wait_for("PostgreSQL", lambda: database.migrate(embedding_dim=settings.embedding_dim), settings.startup_s)
    await _wait_for("PostgreSQL", database.connect, settings.startup_s)
    await _one_model(database, embedding)
    await _wait_for("NATS", jetstream.connect, settings.startup_s)
    if jetstream.max_payload < MAX_BODY_BYTES:
        _log.warning("nats_max_payload_too_small", is_bytes=jetstream.max_payload, needed_bytes=MAX_BODY_BYTES)
    seed = settings.signing_key.get_secret_value() if settings.signing_key else None
    identity = await load_identity(database, seed)
    presence = Presence(database, cache, presence_s=settings.presence_s)
    inbox = Inbox(jetstream, HandOver(database), secret=identity.secret, queue_per_agent=settings.queue_per_agent)
    await _wait_for("JetStream", inbox.ensure_stream, settings.startup_s)
    sessions = Sessions(inbox, presence, jetstream, presence_s=settings.presence_s)
    await sessions.start()
    ledger = Ledger(database)
    books = Credits(database, enabled=settings.ainp_credits, opening=settings.ainp_starting_balance)
    did_web = DidWeb(settings.did_web_allow)
    admission = Admission(settings, Limits(cache, settings), presence, did_web)
    decay = Decay(round(settings.trust_day_s * 1000))
    registry = Registry(
        database, embedding, dim=settings.embedding_dim, decay=decay, credentials_required=settings.ainp_credentials_required
    )
    trust = Trust(database)
    discovery = Discovery(database, embedding, dim=settings.embedding_dim, decay=decay)
    negotiations = Negotiations(
        database,
        inbox,
        presence,
        registry,
        identity,
        margin_ms=round(settings.replay_margin_s * 1000),
        at_once=settings.database_pool // 2,
        escrow=CreditEscrow(books),
    )
    checks = {"database": lambda: database.fetchval("SELECT 1"), "redis": cache.ping, "nats": inbox.check}
    return Broker(
        settings=settings,
        instance=instance,
        identity=identity,
        database=database,
        cache=cache,
        jetstream=jetstream,
        embedding=embedding,
        ledger=ledger,
        did_web=did_web,
        admission=admission,
        registry=registry,
        discovery=discovery,
        negotiations=negotiations,
        routing=Routing(admission, ledger, presence, trust, discovery, inbox, books, settings.min_similarity, settings.ainp_custom_intents),
        inbox=inbox,
        listing=Listing(inbox, database),
        intents=Intents(database, inbox, books, margin_ms=round(settings.replay_margin_s * 1000)),
        credits=books,
        presence=presence,
        sessions=sessions,
        readiness=Readiness(checks),
    )


async def migrate_only(settings: Settings) -> None:
    """Bring the schema up to date and stop.

    Raises:
        StartFailed: as start_broker.
    """
    database = Database(settings.database_url.get_secret_value(), pool=settings.database_pool)
    await _wait_for("PostgreSQL", lambda: database.migrate(embedding_dim=settings.embedding_dim), settings.startup_s)


async def _wait_for(name: str, connect: Callable[[], Awaitable[None]], for_s: float) -> None:
    """Services of a deployment start in any order: try again until the time is up."""
    until = asyncio.get_running_loop().time() + for_s
    reason = "no answer"
    while True:
        try:
            async with asyncio.timeout_at(until):
                return await connect()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, nats.errors.Error, BrokerError) as error:
            reason = reason if isinstance(error, TimeoutError) else type(error).__name__
            if isinstance(error, _HOPELESS) or asyncio.get_running_loop().time() > until:
                raise StartFailed(f"{name} does not take the connection ({reason}); is its address right, and is it running?") from error
            _log.info("waiting_for", service=name, reason=reason)
            await asyncio.sleep(TRY_AGAIN_S)


_HOPELESS = (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError, asyncpg.SyntaxOrAccessError, asyncpg.FeatureNotSupportedError)


async def _load_embedding(settings: Settings) -> Embedding:
    try:
        return Embedding(await load_model(settings))
    except ValueError as error:
        raise StartFailed(str(error)) from error


async def _one_model(database: Database, embedding: Embedding) -> None:
    indexed = await database.shared("embedding_model", embedding.model)
    if indexed != embedding.model:
        raise StartFailed(
            f"the index holds vectors of {indexed}, but this broker asks by {embedding.model}; use one model, or a new database"
        )
