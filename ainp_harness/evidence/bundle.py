"""Reading a run bundle: the plan, exchanges, statements, load, samples and resources, typed, each line checked.

A line that a kill cut short (the last of its file, without its newline) is left out and counted; any other damage is an error that
names file and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ainp_harness.evidence.faults import Fault
from ainp_harness.evidence.files import EvidenceError
from ainp_harness.evidence.plan import Plan, read_plan
from ainp_harness.wire.exchange import Exchange


class DamagedLine(EvidenceError):
    """A line of evidence does not fit the format."""


class DamagedPart(EvidenceError):
    """A Parquet part or a JSON document of the bundle cannot be read."""


@dataclass(frozen=True)
class Statement:
    """What a probe stated: an expectation by name, its parameters and the exchanges it speaks of."""

    probe: str
    attempt: int
    role: str
    requirements: tuple[str, ...]
    expectation: str
    params: dict[str, Any]
    exchanges: tuple[str, ...]
    live_outcome: str
    live_message: str


@dataclass(frozen=True)
class ProbeRun:
    """One attempt of one probe. `outcome` is None where the probe never ended."""

    probe: str
    attempt: int
    requirements: tuple[str, ...]
    outcome: str | None
    message: str = ""


@dataclass(frozen=True)
class AgentName:
    """What a probe called an agent: with the plan's seed it derives the agent's key."""

    probe: str
    attempt: int
    name: str


@dataclass
class Bundle:
    """A run bundle on disk."""

    folder: Path
    cut_lines: int = field(default=0, init=False)
    _agents: dict[str, AgentName] = field(default_factory=dict, init=False)

    @cached_property
    def plan(self) -> Plan:
        return read_plan(self.folder)

    @cached_property
    def exchanges(self) -> dict[str, Exchange]:
        """Every recorded exchange by its id, in the order recorded."""
        found: dict[str, Exchange] = {}
        for path, number, line in self._lines("exchanges"):
            try:
                exchange = Exchange.from_data(line)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise self._damaged(path, number, error) from error
            if exchange.id in found:
                raise DamagedLine(
                    path, f"line {number}: the exchange {exchange.id} stands twice", "The bundle is damaged; judge another copy of it"
                )
            found[exchange.id] = exchange
        return found

    @cached_property
    def faults(self) -> list[Fault]:
        """What was done to the broker and its services, in the order recorded."""
        found = []
        for path, number, line in self._lines("faults"):
            try:
                found.append(Fault.from_data(line))
            except (KeyError, TypeError) as error:
                raise self._damaged(path, number, error) from error
        return found

    @cached_property
    def statements(self) -> list[Statement]:
        return self._expectations[0]

    @cached_property
    def probe_runs(self) -> list[ProbeRun]:
        return self._expectations[1]

    @property
    def agents(self) -> dict[str, AgentName]:
        """What probes called their agents, by DID."""
        _ = self._expectations
        return self._agents

    @cached_property
    def _expectations(self) -> tuple[list[Statement], list[ProbeRun]]:
        statements: list[Statement] = []
        runs: dict[tuple[str, int], ProbeRun] = {}
        for path, number, line in self._lines("expectations"):
            try:
                key = (line["probe"], line["attempt"])
                if line["type"] == "statement":
                    live = line["live"]
                    statements.append(
                        Statement(
                            *key,
                            line["role"],
                            tuple(line["requirements"]),
                            line["expectation"],
                            line["params"],
                            tuple(line["exchanges"]),
                            live["outcome"],
                            live["message"],
                        )
                    )
                elif line["type"] == "agent":
                    self._agents[line["did"]] = AgentName(*key, line["name"])
                elif line["event"] == "begin":
                    runs[key] = ProbeRun(*key, tuple(line["requirements"]), None)
                else:
                    runs[key] = ProbeRun(*key, runs[key].requirements, line["outcome"], line["message"])
            except (KeyError, TypeError, ValueError) as error:
                raise self._damaged(path, number, error) from error
        return statements, list(runs.values())

    @cached_property
    def load(self) -> dict[str, Any] | None:
        """load.json, or None where no load ran."""
        return self._document("load.json")

    @cached_property
    def end(self) -> dict[str, Any] | None:
        """end.json, or None where the run was interrupted before it could say so."""
        return self._document("end.json")

    def table(self, name: str) -> pa.Table | None:
        """All parts of samples, histograms, deliveries or resources as one table; None where there is none."""
        parts = sorted((self.folder / name).glob("part-*.parquet"))
        tables = []
        for part in parts:
            try:
                tables.append(pq.read_table(part))
            except (OSError, pa.ArrowException) as error:
                raise DamagedPart(part, f"cannot be read ({error})", "The bundle is damaged; judge another copy of it") from error
        return pa.concat_tables(tables, promote_options="default") if tables else None

    def _document(self, name: str) -> dict[str, Any] | None:
        path = self.folder / name
        try:
            document = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError) as error:
            raise DamagedPart(path, f"cannot be read ({error})", "The bundle is damaged; judge another copy of it") from error
        if not isinstance(document, dict):
            raise DamagedPart(path, "is no object", "The bundle is damaged; judge another copy of it")
        return document

    def _lines(self, kind: str) -> Iterator[tuple[Path, int, dict[str, Any]]]:
        for path in sorted((self.folder / kind).glob("*.jsonl")):
            try:
                data = path.read_bytes()
            except OSError as error:
                raise DamagedPart(path, f"cannot be read ({error})", "Mend the permissions of the bundle") from error
            lines = data.split(b"\n")
            if lines.pop():
                self.cut_lines += 1
            for number, line in enumerate(lines, start=1):
                try:
                    value = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise self._damaged(path, number, error) from error
                if not isinstance(value, dict):
                    raise self._damaged(path, number, "not an object")
                yield path, number, value

    @staticmethod
    def _damaged(path: Path, number: int, error: object) -> DamagedLine:
        return DamagedLine(path, f"line {number} does not fit the format ({error})", "The bundle is damaged; judge another copy of it")
