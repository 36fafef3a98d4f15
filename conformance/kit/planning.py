"""From a look at the broker to a sealed plan. The command line and plain pytest both make their plan here."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

import ainp_harness
from ainp_harness.evidence.files import write_whole
from ainp_harness.evidence.plan import Declared, FurtherProfile, LoadInfo, Plan, TargetInfo, ToolInfo, seal
from ainp_harness.evidence.recorder import Recorder, Redactor
from ainp_harness.promises.profiles import Profile, load_profile
from ainp_harness.promises.requirements import Requirement, load_requirements, requirements_digest
from ainp_harness.promises.shipped import Promises, united
from ainp_harness.promises.toml_files import PromiseError
from ainp_harness.promises.vocabulary import Depth, Need
from ainp_harness.promises.waivers import load_waivers
from ainp_harness.wire.canonical import canonical
from ainp_harness.wire.client import Client
from conformance.kit.coverage import disturbing
from conformance.kit.looking import CannotJudge, Look, look
from conformance.kit.pacing import may_spread, source_addresses

CORE_REPEATS = 5
"""A race that shows itself now and then should show itself in a certification."""


@dataclass(frozen=True)
class Wishes:
    """What the user asked of a run."""

    url: str
    profile: str = "phase-0.3"
    depth: Depth = Depth.QUICK
    binding: str = "auto"
    areas: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    cors_origin: str | None = None
    waivers: Path | None = None
    seed: str | None = None
    max_requests: int | None = None
    with_load: bool = False
    safe: bool = False


class OtherConstants(CannotJudge):
    """The broker runs with other waits and limits than the compressed profile that it is to be judged by."""


class BadWish(ValueError):
    """What was asked for cannot be."""


class UnknownArea(BadWish):
    """There is no such area."""


def parse_headers(texts: Iterable[str]) -> dict[str, str]:
    """'Name: value' pairs.

    Raises:
        BadWish: one has no name, no colon, or a line break.
    """
    headers = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name.strip() or any(character in text for character in "\r\n"):
            raise BadWish(f"--header takes 'Name: value', not {name.strip()!r}")
        headers[name.strip()] = value.strip()
    return headers


def check_areas(areas: Iterable[str], requirements: Mapping[str, Requirement]) -> None:
    """Whether there are requirements in these areas.

    Raises:
        UnknownArea: one of them it does not have.
    """
    known = {requirement.area for requirement in requirements.values()}
    if unknown := [area for area in areas if area not in known]:
        raise UnknownArea(f"there is no area {unknown[0]!r}; areas are {', '.join(sorted(known))}")


def tls_context(ca_file: Path | None) -> ssl.SSLContext | bool:
    """The trust for https: the system's, or a file's.

    Raises:
        PromiseError: the file cannot be used.
    """
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise PromiseError(ca_file, f"no certificates can be read from it ({error}); --ca-file takes PEM") from error


def new_run_id() -> str:
    """A name for a run: its time in UTC, and something that no other run of the same second has."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime()) + "-" + secrets.token_hex(3)


async def seal_run(wishes: Wishes, target: TargetInfo, reach: Iterable[Need], folder: Path) -> Plan:
    """Look at the broker, make the plan, seal it in the run's folder, and keep what the look saw beside it.

    Raises:
        CannotJudge: there is nothing to judge. PromiseError, UnknownArea: a profile, binding, waiver or area does not fit.
        EvidenceError: the folder cannot be written, or holds a plan already.
    """
    plan, seen = await _plan(wishes, target, reach, folder.name)
    seal(plan, folder)
    recorder = Recorder(folder, "look", Redactor.for_headers(wishes.headers))
    for exchange in seen.exchanges:
        recorder.record(exchange)
    recorder.close()
    return plan


async def _plan(wishes: Wishes, target: TargetInfo, reach: Iterable[Need], run_id: str) -> tuple[Plan, Look]:
    promises, *further = Promises.chosen(wishes.profile)
    requirements = united([promises, *further])
    check_areas(wishes.areas, requirements)
    waivers = load_waivers(wishes.waivers, load_requirements()) if wishes.waivers else ()
    seed = wishes.seed or secrets.token_hex(8)
    verify = tls_context(wishes.ca_file)
    async with AsyncExitStack() as clients:
        client = await clients.enter_async_context(Client(wishes.url, headers=wishes.headers, verify=verify))
        spread = [
            await clients.enter_async_context(Client(wishes.url, headers=wishes.headers, verify=verify, local_address=address))
            for address in (source_addresses(run_id)[:2] if may_spread(wishes.url) else [])
        ]
        seen = await look(client, wishes.binding, seed, spread)
    if not promises.profile.certifies:
        _same_constants(promises.profile, seen.declared)
    times = promises.targets.depth.get(wishes.depth, promises.targets.depth[Depth.STANDARD])
    load = None
    if wishes.with_load and (name := load_of([promises, *further])) is not None:
        load = LoadInfo(name=name, warmup_s=times.warmup_s, duration_s=times.load_s)
    binding_data = orjson.loads(orjson.dumps(seen.binding.data))
    plan = Plan(
        tool=ToolInfo(name="ainp-harness", version=ainp_harness.__version__),
        run_id=run_id,
        created_ms=time.time() * 1000,
        target=target,
        reach=tuple(reach),
        binding=binding_data,
        binding_digest="sha256:" + hashlib.sha256(canonical(binding_data)).hexdigest(),
        profile=promises.profile.name,
        profile_digest=promises.profile.digest,
        requirements_digest=requirements_digest(promises.requirements.values()),
        depth=wishes.depth,
        areas=wishes.areas,
        load=load,
        seed=seed,
        waivers=waivers,
        declared=seen.declared,
        binding_why=seen.binding_why,
        declared_error=seen.declared_error,
        canary=seen.canary,
        host=host_facts(),
        limit_window_s=seen.declared.limits.get("window_s") if seen.declared else None,
        max_requests=wishes.max_requests,
        compressed=None if promises.profile.certifies else promises.profile,
        further=tuple(
            FurtherProfile(
                profile=one.profile.name,
                profile_digest=one.profile.digest,
                requirements_digest=requirements_digest(one.requirements.values()),
            )
            for one in further
        ),
        repeats=_repeats(wishes, seen),
        safe=wishes.safe,
        left_out=dict(disturbing(requirements)) if wishes.safe else {},
    )
    return plan, seen


def _repeats(wishes: Wishes, seen: Look) -> int:
    """How often core probes run: over and over where requests are many and cheap, once from one address or out of a budget."""
    many = may_spread(wishes.url) and seen.canary.addresses != "one" and wishes.max_requests is None
    return CORE_REPEATS if many and wishes.depth.reaches(Depth.STANDARD) and not wishes.areas else 1


def load_of(promises: Iterable[Promises]) -> str | None:
    """The load that a run against these profiles makes: the first that one of them has."""
    return next((one.profile.load for one in promises if one.profile.load is not None), None)


def _same_constants(profile: Profile, declared: Declared | None) -> None:
    """Whether the broker was started with the constants of a compressed profile; one that tells nothing has those of the shipped one.

    Raises:
        CannotJudge: it was not.
    """
    told = declared.constants if declared is not None else {}
    usual = load_profile(profile.judges).constants.model_dump()
    for name, value in profile.constants.model_dump().items():
        if told.get(name, usual[name]) != value:
            says = f"says {told[name]:g}" if name in told else "says nothing of it"
            raise OtherConstants(
                f"The compressed profile {profile.name} has {name} = {value:g}, and the broker {says}. "
                f"Start the broker with the profile's constants (the reference broker: {name.upper()}={value:g})."
            )


def host_facts() -> dict[str, Any]:
    """What machine this is, as far as numbers depend on it."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
    }


def end_run(folder: Path, reason: str, detail: str = "") -> None:
    """Write end.json: when and why a run ended.

    Raises:
        CannotWrite: the file system refuses.
    """
    document = {"format": 1, "ended_ms": time.time() * 1000, "reason": reason, "detail": detail}
    write_whole(folder / "end.json", orjson.dumps(document, option=orjson.OPT_INDENT_2))
