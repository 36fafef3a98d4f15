"""What the four services of a Docker target are: their commands, settings and passwords. The values are those of the deployment summary,
so that what is measured here says something about a deployment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ainp_harness.targets.docker_container import Service
from ainp_harness.targets.docker_images import Image
from ainp_harness.targets.docker_looks import broker_look, nats_look, postgres_look, redis_look
from ainp_harness.targets.target import Role

USER = "ainp"
DATABASE = "ainp"
POSTGRES_PORT, REDIS_PORT, NATS_PORT, BROKER_PORT = 5432, 6379, 4222, 8080
BACKENDS: tuple[Role, ...] = ("postgres", "redis", "nats")

# Files and not options: a process's options, passwords among them, can be read by everybody on the machine.
REDIS_FILE, REDIS_SETTINGS = (
    "/etc/ainp-redis.conf",
    """\
requirepass {password}
maxmemory 512mb
maxmemory-policy allkeys-lru
appendonly no
save ""
""",
)
NATS_FILE, NATS_SETTINGS = (
    "/etc/ainp-nats.conf",
    """\
host: "0.0.0.0"
port: 4222
max_payload: 2MB
authorization {{ token: "{password}" }}
jetstream {{
    store_dir: /data
    max_memory_store: 256MB
    max_file_store: 8GB
}}
""",
)
GO_MEMORY_LIMIT = "768MiB"  # the service has 1 GB


@dataclass(frozen=True)
class Passwords:
    """Of one run. The ports are published on the loopback address, where every user of the machine could reach them."""

    postgres: str = field(default_factory=lambda: secrets.token_hex(16))
    redis: str = field(default_factory=lambda: secrets.token_hex(16))
    nats: str = field(default_factory=lambda: secrets.token_hex(16))

    def urls(self, addresses: Mapping[Role, tuple[str, int]]) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL and NATS_URL, with the services at these addresses."""
        at = {role: f"{host}:{port}" for role, (host, port) in addresses.items()}
        return {
            "DATABASE_URL": f"postgresql://{USER}:{self.postgres}@{at['postgres']}/{DATABASE}",
            "REDIS_URL": f"redis://:{self.redis}@{at['redis']}/0",
            "NATS_URL": f"nats://{self.nats}@{at['nats']}",
        }

    def urls_inside(self) -> dict[str, str]:
        """The same as seen from the private network."""
        return self.urls({"postgres": ("postgres", POSTGRES_PORT), "redis": ("redis", REDIS_PORT), "nats": ("nats", NATS_PORT)})


def backend_services(images: Mapping[Role, Image], passwords: Passwords, memory: Mapping[Role, str]) -> list[Service]:
    """PostgreSQL, Redis and NATS."""
    account = {"POSTGRES_USER": USER, "POSTGRES_PASSWORD": passwords.postgres, "POSTGRES_DB": DATABASE}
    return [
        Service("postgres", images["postgres"], POSTGRES_PORT, postgres_look(USER), environment=account, memory=memory.get("postgres")),
        Service(
            "redis",
            images["redis"],
            REDIS_PORT,
            redis_look(passwords.redis),
            command=("redis-server", REDIS_FILE),
            files={REDIS_FILE: REDIS_SETTINGS.format(password=passwords.redis)},
            memory=memory.get("redis"),
        ),
        Service(
            "nats",
            images["nats"],
            NATS_PORT,
            nats_look,
            command=("nats-server", "--config", NATS_FILE),
            environment={"GOMEMLIMIT": GO_MEMORY_LIMIT},
            files={NATS_FILE: NATS_SETTINGS.format(password=passwords.nats)},
            memory=memory.get("nats"),
        ),
    ]


@dataclass(frozen=True)
class BrokerSettings:
    """What the broker's containers have in common."""

    image: Image
    environment: Mapping[str, str]
    memory: str | None
    names: Mapping[str, str]


def broker_services(settings: BrokerSettings, *, instances: int, port: int | None) -> Sequence[Service]:
    """The broker's instances: `broker`, `broker-2` and so on."""
    return [
        Service(
            "broker" if number == 1 else f"broker-{number}",
            settings.image,
            BROKER_PORT,
            broker_look,
            environment={"HOST": "0.0.0.0", "PORT": str(BROKER_PORT), **settings.environment},
            memory=settings.memory,
            host_port=None if port is None else port + number - 1,
            names=settings.names,
        )
        for number in range(1, instances + 1)
    ]
