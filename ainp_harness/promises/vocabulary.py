"""The closed sets of words that promises are written in: levels, depths, needs. Nothing here decides anything."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How binding a requirement is. MUST and TARGET decide a run, SHOULD warns."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    TARGET = "TARGET"


class Depth(StrEnum):
    """How long a run may look. Ordered: quick < standard < full."""

    QUICK = "quick"
    STANDARD = "standard"
    FULL = "full"

    @property
    def rank(self) -> int:
        return list(Depth).index(self)

    def reaches(self, other: Depth) -> bool:
        """Whether a run of this depth may show what needs `other`."""
        return self.rank >= other.rank


class Need(StrEnum):
    """What a target must give before a requirement can be shown. A requirement's needs must lie within the run's reach."""

    HTTPS = "https"
    CONTROL = "control"
    DEPLOY = "deploy"
    REPLICAS = "replicas"
    LOGS = "logs"
    RESOURCES = "resources"
    DATABASE = "database"
    STREAM = "stream"
    CONTAINER = "container"
    ORIGIN = "origin"
    DIDWEB_HOST = "didweb-host"
