"""Settings, from the environment alone. What is missing or wrong is told in one message that names every variable at fault.

A limit or a period that differs from the protocol's is for tests, and `GET /api/v1` declares it.
"""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ainp_harness.wire.signing import Scheme, decode_base64

Commas = NoDecode  # a list is written with commas, not as JSON


class BadSettings(Exception):
    """The environment does not describe a broker; the message names each variable and what is wrong with it."""


class Settings(BaseSettings):
    """Every setting of the broker. The names in capitals are the variables."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    host: str = "0.0.0.0"
    port: int = Field(8080, ge=0, le=65535)
    listen_fd: int | None = Field(None, ge=3)
    """A listening socket that whoever starts the broker has opened; it is served instead of HOST and PORT."""
    database_url: SecretStr
    redis_url: SecretStr
    nats_url: SecretStr
    database_pool: int = Field(8, ge=2, le=20)
    """PostgreSQL connections of this instance; the deployment allows 20 in all."""

    cors_origins: Annotated[tuple[str, ...], Commas] = ()
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], Commas] = ()
    signature_schemes: Annotated[tuple[Scheme, ...], Commas] = tuple(Scheme)
    signing_key: SecretStr | None = None
    """Seed of the broker's own key, 32 bytes in base64. Without it the key is made once and kept in the database."""

    min_similarity: float = Field(0.3, ge=-1, le=1)
    embedding_dim: int = Field(256, ge=1, le=2000)
    embedding_model: str = "text-embedding-3-small"
    """The model asked for at OPENAI_BASE_URL; without OPENAI_API_KEY wordllama embeds, whatever this says."""
    openai_api_key: SecretStr | None = None
    openai_base_url: str = "https://api.openai.com/v1"

    ainp_custom_intents: bool = False
    """Whether intents of schemas that nobody here knows are taken (draft-00, custom intent types)."""
    ainp_credentials_required: bool = False
    """Whether an agent must show credentials to be registered."""

    ainp_limits: Literal["phase-0.3", "draft-00"] = "phase-0.3"
    limit_window_s: float = Field(60, gt=0)
    limit_per_did: int = Field(100, ge=1)
    limit_per_ip: int = Field(100, ge=1)
    limit_discovery: int | None = Field(None, ge=1)
    """DISCOVER messages of a DID in limit_window_s, where AINP_LIMITS is draft-00; without it they count with everything else."""
    presence_s: float = Field(60, ge=1)
    skew_s: float = Field(60, ge=0)
    replay_margin_s: float = Field(60, ge=0)
    queue_per_agent: int = Field(10_000, ge=1)

    ainp_cbor: bool = True
    """Envelopes are taken in CBOR too, and a DISCOVER is answered in it where Accept asks for that."""
    ainp_lite: bool = False
    """An INTENT to a to_did may leave out ttl, qos and trace_id (docs/protocol.md, Lite mode)."""
    did_web_allow: Annotated[tuple[str, ...], Commas] = ()
    """Each HOST:PORT whose did:web documents are asked for although it is on a private network, and by http too."""
    trust_day_s: float = Field(86_400, gt=0)
    """How long the day is by which trust decays."""

    ainp_credits: bool = False
    ainp_starting_balance: Decimal = Field(Decimal(0), ge=0, max_digits=20, decimal_places=8)
    """What a new account begins with, in credits."""

    ainp_revision: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    startup_s: float = Field(60, gt=0)
    """How long a starting broker waits for its services."""

    @field_validator("cors_origins", "trusted_proxies", "signature_schemes", "did_web_allow", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("signature_schemes")
    @classmethod
    def _some_scheme(cls, value: tuple[Scheme, ...]) -> tuple[Scheme, ...]:
        if not value:
            raise ValueError("names no scheme: nothing could ever be accepted")
        return value

    @field_validator("did_web_allow")
    @classmethod
    def _places(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            host, _, port = entry.rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise ValueError(f"{entry!r} is not HOST:PORT")
        return value

    @field_validator("signing_key")
    @classmethod
    def _seed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(decode_base64(value.get_secret_value())) != 32:
            raise ValueError("is not base64 of 32 bytes")
        return value

    @field_validator("openai_api_key", "ainp_revision", "signing_key", "limit_discovery", "listen_fd", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value


def load_settings() -> Settings:
    """The settings that the environment gives.

    Raises:
        BadSettings: some are missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"  {'.'.join(str(part) for part in fault['loc'][:1]).upper()}: {fault['msg']}" for fault in error.errors()]
        raise BadSettings("these settings are missing or wrong:\n" + "\n".join(dict.fromkeys(faults))) from None
