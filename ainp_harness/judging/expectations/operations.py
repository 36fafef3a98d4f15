"""What operating a deployment rests on: services as promised, a schema that migrates, a backup that can be restored, a log that tells.

The exchanges are looks at databases, streams, logs and commands (docs/bundle-format.md); their answers are JSON under status 200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.wire.exchange import Exchange

MB_512 = (500_000_000, 540_000_000)
"""512 MB, whichever of the two megabytes is meant."""


def found_in(exchange: Exchange) -> dict[str, Any] | None:
    """What a look found; None where there was none."""
    answer = exchange.response.body.json() if exchange.response is not None else None
    return answer if isinstance(answer, dict) else None


def numbers(version: object) -> tuple[int, ...]:
    """'2.10.4-beta' as (2, 10, 4)."""
    return tuple(int(part) for part in re.findall(r"\d+", str(version).partition("-")[0]))


@expectation
def command_succeeded(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Each of these commands ended with code 0."""
    for exchange in exchanges:
        if (run := found_in(exchange)) is None:
            return not_shown(describe(exchange))
        if run["code"] != 0:
            said = " ".join(str(run["output"]).split())[-200:]
            how = "was not done in time" if run["code"] is None else f"ended with code {run['code']}"
            return broken(f"the command {exchange.request.target} {how}: {said or 'it said nothing'}")
    return held()


@expectation
def schema_is(exchanges: Sequence[Exchange], context: Context, version: str, extension: str) -> Judgement:
    """schema_version says this version, as its latest, and the extension is there."""
    for exchange in exchanges:
        if (found := found_in(exchange)) is None:
            return not_shown(describe(exchange))
        if not found["versions"] or max(found["versions"], key=numbers) != version:
            return broken(f"schema_version is {', '.join(map(str, found['versions'])) or 'empty'}, expected {version}")
        if extension not in found["extensions"]:
            return broken(f"the extension {extension} is missing; there are {', '.join(found['extensions'])}")
    return held()


@expectation
def changed_nothing(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Of three snapshots, before and after the act and after a time without one, the second is as the first. A table that changes without
    an act too lives by itself, and says nothing."""
    looks = [found_in(exchange) for exchange in exchanges]
    if len(looks) != 3 or any(look is None for look in looks):
        return not_shown(describe(next(one for one, look in zip(exchanges, looks, strict=True) if look is None)))
    before, after, idle = (look or {} for look in looks)
    for kind, was in before["schema"].items():
        now = after["schema"][kind]
        if differing := sorted(name for name in {*was, *now} if was.get(name) != now.get(name)):
            return broken(f"{kind} changed: {differing[0]} was {was.get(differing[0])!r}, is {now.get(differing[0])!r}")
    for table, was in before["tables"].items():
        if idle["tables"].get(table) == after["tables"].get(table) != was:
            rows = after["tables"].get(table, {}).get("rows", "no")
            return broken(f"the table {table} changed: it had {was['rows']} rows, has {rows}")
    return held()


@expectation
def restored(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """What was restored (the last) has every table and every row that there were before or after the backup (the first two)."""
    looks = [found_in(exchange) for exchange in exchanges]
    if len(looks) != 3 or any(look is None for look in looks):
        return not_shown(describe(next(one for one, look in zip(exchanges, looks, strict=True) if look is None)))
    before, after, beside = ((look or {})["tables"] for look in looks)
    if not sum(table["rows"] for table in before.values()):
        return not_shown("there was nothing to back up")
    for name, was in before.items():
        if name not in beside:
            return broken(f"the table {name} is missing in what was restored")
        if beside[name] not in (was, after.get(name)):
            rows = beside[name]["rows"]
            other = ", of other content" if rows == was["rows"] else ""
            return broken(f"the table {name} was restored with {rows} rows, and had {was['rows']}{other}")
    return held(f"{len(before)} tables")


@expectation
def postgres_is(exchanges: Sequence[Exchange], context: Context, major: int, extension: str) -> Judgement:
    """PostgreSQL of this major version or newer, with the extension."""
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if found["version"] // 10_000 < major:
        return broken(f"PostgreSQL is {found['version'] // 10_000}, expected {major} or newer")
    if extension not in found["extensions"]:
        return broken(f"the extension {extension} is missing in PostgreSQL")
    return held()


@expectation
def redis_is(exchanges: Sequence[Exchange], context: Context, major: int, policy: str) -> Judgement:
    """Redis of this major version or newer, or what speaks as it, with 512 MB, this policy and no append-only file."""
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if numbers(found["redis_version"])[:1] < (major,):
        return broken(f"Redis speaks as {found['redis_version']}, expected {major} or newer")
    if not MB_512[0] <= int(found["maxmemory"] or 0) <= MB_512[1]:
        return broken(f"Redis has maxmemory {found['maxmemory']}, expected 512 MB")
    if found["maxmemory_policy"] != policy:
        return broken(f"Redis has the policy {found['maxmemory_policy']}, expected {policy}")
    if int(found["aof_enabled"] or 0):
        return broken("Redis writes an append-only file, expected that it is off")
    return held()


@expectation
def nats_is(exchanges: Sequence[Exchange], context: Context, version: Sequence[int]) -> Judgement:
    """NATS of this version or newer, with JetStream."""
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if numbers(found["version"])[:2] < tuple(version):
        return broken(f"NATS is {found['version']}, expected {'.'.join(map(str, version))} or newer")
    return held() if found["jetstream"] else broken("NATS runs without JetStream")


@expectation
def keeps_intents(exchanges: Sequence[Exchange], context: Context, stream: str, storage: str, max_age_s: float) -> Judgement:
    """The stream of this name holds the intent that was sent, keeps its messages in this storage and for this long."""
    if (streams := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if stream not in streams:
        return broken(f"there is no stream {stream}; there are {', '.join(streams) or 'none'}")
    found = streams[stream]
    if not found["holds"]:
        return broken(f"the intent that was sent does not lie in the stream {stream}")
    if found["storage"] != storage:
        return broken(f"the stream {stream} has {found['storage']} storage, expected {storage}")
    if abs(float(found["max_age_s"] or 0) - max_age_s) > 1:
        return broken(f"the stream {stream} keeps its messages for {found['max_age_s']} s, expected {max_age_s:g}")
    return held()


@expectation
def logged(exchanges: Sequence[Exchange], context: Context, event: str, words: str, marks: Sequence[str]) -> Judgement:
    """A line of the log tells this event: it has one of the words, and one of the marks of whoever caused it.

    Args:
        words: a regular expression for what such an event is called, in any case of letters.
        marks: a DID, a message's id: what tells this event from others.
    """
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if not found["lines"]:
        return broken(f"the log has no line at all since {event}")
    told = re.compile(words, re.IGNORECASE)
    if any(told.search(line) and any(mark in line for mark in marks) for line in found["lines"]):
        return held()
    named = sum(any(mark in line for mark in marks) for line in found["lines"])
    return broken(f"no line of the log tells of {event}; {named} of {len(found['lines'])} lines name who caused it")


@expectation
def no_secret_logged(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """No password or token of a service stands in these lines. They were counted at capture: the evidence itself holds none."""
    for exchange in exchanges:
        if (found := found_in(exchange)) is None:
            return not_shown(describe(exchange))
        secrets: Mapping[str, int] = found["secrets"]
        if secrets:
            return broken(f"the log shows the secret of {', '.join(sorted(secrets))}")
    return held()


@expectation
def runs_unprivileged(exchanges: Sequence[Exchange], context: Context, uid: int) -> Judgement:
    """The container's processes run as this user, and nothing in any layer of its image looks like a secret."""
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if not found["uids"]:
        return not_shown("no process of the container was seen")
    if others := sorted(set(found["uids"]) - {uid}):
        return broken(f"processes of the container run as user {', '.join(map(str, others))}, expected {uid}")
    if found["secrets"]:
        return broken(f"the image holds what looks like a secret: {', '.join(found['secrets'][:3])}")
    return held(f"{found['files']} files of {found['layers']} layers looked at")
