"""What the suite may ask of a target while it runs: faults and their repair, commands, and where everything is. Each fault becomes a line
of the bundle's `faults/`. How the questions get here is in `channel`; nothing here talks to the broker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ainp_harness.evidence.faults import ENDS, MENDS, Fault
from ainp_harness.evidence.files import LineWriter
from ainp_harness.evidence.recorder import Redactor
from ainp_harness.targets.errors import TargetError
from ainp_harness.targets.target import Role, Target

COMMAND_S = 60.0
"""How long a command of the target may take."""

LONGEST_STOP_S = 75.0
"""How long a part may be given to end: a drain of 60 s, and something on top."""

SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")


class NotUnderstood(ValueError):
    """The question is none of those that are answered here."""


class Steering:
    """Answers one question after another about one target."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._lines = LineWriter(folder / "faults" / "control.jsonl")
        self._redact = Redactor().also(secrets_of(target).values()).text
        self._disturbed: dict[Role, str] = {}  # what was done to it last, of what does not run as it should
        self._count = 0
        self._words: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "describe": lambda _asked: self.describe(),
            "act": self._act,
            "repair": lambda _asked: [fault.to_data() for fault in self.repair()],
            "run": self._run,
            "container": lambda asked: self._target.container_facts(str(asked["role"])),
        }

    def answer(self, asked: Mapping[str, Any]) -> Any:
        """What was asked, done: a JSON value.

        Raises:
            NotUnderstood: there is no such question. TargetError: it cannot be done.
        """
        word = self._words.get(str(asked.get("do")))
        if word is None:
            raise NotUnderstood(f"there is no {asked.get('do')!r} here; there are {', '.join(self._words)}")
        return word(asked)

    def describe(self) -> dict[str, Any]:
        """Where everything is. Secrets are in it: it is for the suite's process, and for no file."""
        target = self._target
        return {
            "roles": list(target.control.roles) if target.control else [],
            "base_urls": list(target.base_urls),
            "database_url": target.database_url,
            "redis_url": target.redis_url,
            "stream_url": target.stream_url,
            "logs": {role: str(path) for role, path in target.logs.items()},
            "commands": sorted(target.commands),
            "secrets": secrets_of(target),
        }

    def repair(self) -> list[Fault]:
        """Let everything run again that was disturbed, the services before the broker."""
        control = self._target.control
        order = list(reversed(control.roles)) if control else []
        mended = []
        for role in sorted(self._disturbed, key=order.index):
            mended.append(self._one("resume" if self._disturbed[role] == "pause" else "start", role, None, 1, {"again": True}))
        return mended

    @property
    def disturbed(self) -> tuple[Role, ...]:
        """What does not run as it should, because of a fault or because its repair failed."""
        return tuple(self._disturbed)

    def close(self) -> None:
        self._lines.close()

    def _act(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        action, role = str(asked["action"]), str(asked["role"])
        if action not in ENDS | MENDS:
            raise NotUnderstood(f"there is no fault {action!r}; there are {', '.join(sorted(ENDS | MENDS))}")
        fault = self._one(action, role, asked.get("probe"), int(asked.get("attempt", 1)), asked)
        if not fault.ok:
            raise TargetError(f"{action} {role} failed: {fault.detail}", where="this target", todo="Look at its log in the bundle's logs/.")
        return fault.to_data()

    def _one(self, action: str, role: Role, probe: str | None, attempt: int, asked: Mapping[str, Any]) -> Fault:
        """Do it, remember what has to be repaired, and write it down."""
        began_ms, detail = time.time() * 1000, ""
        if action in ENDS:
            self._disturbed[role] = action  # before it is done: half a fault has to be repaired as well
        try:
            self._do(action, role, asked)
        except TargetError as error:
            detail = self._redact(str(error))
        else:
            if action in MENDS:
                self._disturbed.pop(role, None)
        self._count += 1
        fault = Fault(f"f{self._count}", probe, attempt, role, action, began_ms, time.time() * 1000, not detail, detail)
        self._lines.write(fault.to_data())
        return fault

    def _do(self, action: str, role: Role, asked: Mapping[str, Any]) -> None:
        control = self._target.control
        if control is None or role not in control.roles:
            self._disturbed.pop(role, None)
            raise TargetError(f"there is no {role!r} to {action}", where="this target", todo="Ask `describe` for its parts.")
        match action:
            case "stop":
                deadline_s = asked.get("deadline_s")
                control.stop(role, deadline_s=None if deadline_s is None else min(float(deadline_s), LONGEST_STOP_S))
            case "kill":
                control.stop(role, kill=True)
            case "start" if asked.get("again"):
                control.restart(role)  # it may be half stopped
            case "start":
                control.start(role, wait=bool(asked.get("wait", True)))
            case "pause":
                control.pause(role)
            case "resume":
                control.resume(role)

    def _run(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        label, database = str(asked.get("label", "")), asked.get("database")
        if not all(part.replace("_", "").isalnum() for part in (label or "0", database or "0")):
            raise NotUnderstood("label and database are letters, digits and underscores")
        done = self._target.run(str(asked["command"]), label=label, database=database, deadline_s=COMMAND_S)
        return {**asdict(done), "output": self._redact(done.output)}


def secrets_of(target: Target) -> dict[str, str]:
    """What must not get into a bundle, by what it is: passwords and tokens within its URLs, and settings that are called so."""
    found = {}
    for name, url in (("DATABASE_URL", target.database_url), ("REDIS_URL", target.redis_url), ("NATS_URL", target.stream_url)):
        parts = urlsplit(url or "")
        # NATS takes a token in the place of a user; everywhere else a user without a password is no secret.
        secret = parts.password or (parts.username if name == "NATS_URL" else None)
        if secret:
            found[name] = unquote(secret)
    named = {name: value for name, value in target.settings.items() if any(word in name for word in SECRET_NAMES)}
    return {**found, **{name: value for name, value in named.items() if value}}
