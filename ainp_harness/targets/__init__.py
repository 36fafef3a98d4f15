"""Targets: where the broker under test is, how it is started, stopped and disturbed, and what its processes take."""

from ainp_harness.targets.broker import MIGRATE, SERVE, constant_settings
from ainp_harness.targets.embedded import EmbeddedOptions, EmbeddedTarget
from ainp_harness.targets.errors import (
    DiskFull,
    MissingProgram,
    MissingWheel,
    NoFreePort,
    ServerDied,
    StartTimeout,
    TargetError,
)
from ainp_harness.targets.processes import Child
from ainp_harness.targets.resources import ResourceSample, Sampler
from ainp_harness.targets.rooms import clean_environment, rooms_dir
from ainp_harness.targets.target import BrokerStart, Control, Target
from ainp_harness.targets.url import UrlTarget

__all__ = [
    "MIGRATE",
    "SERVE",
    "BrokerStart",
    "Child",
    "Control",
    "DiskFull",
    "EmbeddedOptions",
    "EmbeddedTarget",
    "MissingProgram",
    "MissingWheel",
    "NoFreePort",
    "ResourceSample",
    "Sampler",
    "ServerDied",
    "StartTimeout",
    "Target",
    "TargetError",
    "UrlTarget",
    "clean_environment",
    "constant_settings",
    "rooms_dir",
]
