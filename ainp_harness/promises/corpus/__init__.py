"""The seeded corpus: capability texts, the queries that ask for them, and the oracle that knows which text answers which query.

Queries are functions of (seed, n). The texts stand in capabilities.toml, the ways of asking in phrasing.toml, both beside this file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import permutations
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ainp_harness.promises.toml_files import TomlFile

CORPUS = Path(__file__).parent

REPEATED_TEXTS = 10
ZIPF_TEXTS = 1_000
ZIPF_EXPONENT = 1.0
MIX: Mapping[str, float] = {"unique": 0.6, "zipf": 0.3, "repeated": 0.1}
"""The query mix and its texts (targets.toml, query_mix); a test holds the two together."""


class QueryClass(StrEnum):
    """How often a text comes again: never, by Zipf's law over a thousand, or one of ten."""

    UNIQUE = "unique"
    ZIPF = "zipf"
    REPEATED = "repeated"


@dataclass(frozen=True)
class Capability:
    """What one seeded agent advertises."""

    text: str
    tags: tuple[str, ...]
    domain: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A text, and the number of the capability that answers it."""

    text: str
    answer: int
    query_class: QueryClass


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Capability(_Frozen):
    text: str = Field(min_length=10)
    tags: tuple[str, ...] = Field(min_length=1)
    asks: tuple[str, ...] = Field(min_length=1)


class _Domain(_Frozen):
    name: str
    capabilities: tuple[_Capability, ...]


class _Capabilities(_Frozen):
    format: Literal[1]
    domain: tuple[_Domain, ...]


class _Phrasing(_Frozen):
    format: Literal[1]
    openers: tuple[str, ...] = Field(min_length=1)
    joints: tuple[str, ...]
    details: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Corpus:
    """Capabilities in a fixed order, domains interleaved: the first n agents cover as many domains as they can."""

    capabilities: tuple[Capability, ...]
    openers: tuple[str, ...]
    joints: tuple[str, ...]
    details: tuple[str, ...]

    def first(self, count: int) -> Corpus:
        """The corpus of the first `count` capabilities: its queries ask for nothing else. All of them where there are no more."""
        return Corpus(self.capabilities[:count], self.openers, self.joints, self.details)

    @cached_property
    def asks(self) -> tuple[tuple[str, int], ...]:
        """Every ask, alone and joined with another of its capability, with the number of the capability that answers it."""
        return tuple((ask, number) for number, capability in enumerate(self.capabilities) for ask in self._joined(capability.asks))

    def _joined(self, asks: Sequence[str]) -> list[str]:
        return [*asks, *(f"{one} {joint} {other}" for one, other in permutations(asks, 2) for joint in self.joints)]

    def __len__(self) -> int:
        """How many distinct queries there are."""
        return len(self.asks) * len(self.openers) * len(self.details)

    def text(self, index: int) -> tuple[str, int]:
        """The query of an index below len(self), and the number of the capability that answers it."""
        rest, detail = divmod(index, len(self.details))
        ask, opener = divmod(rest, len(self.openers))
        phrase, answer = self.asks[ask]
        return " ".join(part for part in (self.openers[opener], phrase, self.details[detail]) if part), answer


@dataclass(frozen=True)
class QueryMix:
    """The stream of queries of one seed: query n is a function of (seed, n).

    The corpus's indices are shuffled by an affine permutation; the first ten are the repeated texts, the next thousand those of Zipf's law,
    all others serve unique queries, each once until they are used up.
    """

    corpus: Corpus
    seed: str

    @cached_property
    def _permutation(self) -> tuple[int, int]:
        size = len(self.corpus)
        factor = _number(self.seed, "factor") % size | 1
        while math.gcd(factor, size) != 1:
            factor += 2
        return factor, _number(self.seed, "shift") % size

    @cached_property
    def _zipf_bounds(self) -> Sequence[float]:
        weights = [1 / rank**ZIPF_EXPONENT for rank in range(1, ZIPF_TEXTS + 1)]
        total, bounds, reached = sum(weights), [], 0.0
        for weight in weights:
            reached += weight / total
            bounds.append(reached)
        return bounds

    def query(self, n: int) -> Query:
        """Query number n ≥ 0."""
        draw = _fraction(self.seed, "class", n)
        if draw < MIX["repeated"]:
            return self._at(_number(self.seed, "repeated", n) % REPEATED_TEXTS, QueryClass.REPEATED)
        if draw < MIX["repeated"] + MIX["zipf"]:
            return self._at(REPEATED_TEXTS + self._rank(_fraction(self.seed, "zipf", n)), QueryClass.ZIPF)
        kept = REPEATED_TEXTS + ZIPF_TEXTS
        return self._at(kept + n % (len(self.corpus) - kept), QueryClass.UNIQUE)

    def _rank(self, draw: float) -> int:
        low, high = 0, ZIPF_TEXTS - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if draw < self._zipf_bounds[middle] else (middle + 1, high)
        return low

    def _at(self, position: int, query_class: QueryClass) -> Query:
        factor, shift = self._permutation
        text, answer = self.corpus.text((position * factor + shift) % len(self.corpus))
        return Query(text, answer, query_class)


def load_corpus(folder: Path = CORPUS) -> Corpus:
    """Read and check the corpus.

    Raises:
        PromiseError: a file does not fit, or a text or an ask stands there twice.
    """
    capabilities, phrasing = TomlFile.read(folder / "capabilities.toml"), TomlFile.read(folder / "phrasing.toml")
    domains = capabilities.parse(_Capabilities).domain
    said = phrasing.parse(_Phrasing)
    _all_distinct(capabilities, domains)
    deepest = max(len(domain.capabilities) for domain in domains)
    ordered = [
        Capability(entry.text, entry.tags, domain.name, entry.asks)
        for depth in range(deepest)
        for domain in domains
        for entry in domain.capabilities[depth : depth + 1]
    ]
    return Corpus(tuple(ordered), said.openers, said.joints, said.details)


def _all_distinct(file: TomlFile, domains: Sequence[_Domain]) -> None:
    seen: set[str] = set()
    for d, domain in enumerate(domains):
        for c, entry in enumerate(domain.capabilities):
            for text in (entry.text, *entry.asks):
                if text in seen:
                    raise file.error(("domain", d, "capabilities", c), f"{text!r} stands there twice: the oracle would have two answers")
                seen.add(text)


def _number(seed: str, *purpose: object) -> int:
    return int.from_bytes(hashlib.blake2b("\x1f".join((seed, *map(str, purpose))).encode(), digest_size=8).digest(), "big")


def _fraction(seed: str, *purpose: object) -> float:
    return _number(seed, *purpose) / 2**64
