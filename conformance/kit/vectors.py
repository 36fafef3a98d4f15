"""Vectors for probes: directions that nothing else in an index has, and those that a known model gives to known texts."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path

from ainp_harness.promises.toml_files import TomlFile


@dataclass(frozen=True)
class KnownVector:
    """A text, and what a model makes of it."""

    text: str
    b64: str


def direction(seed: bytes, dim: int) -> list[float]:
    """A unit vector drawn from the seed: in so many dimensions nearly at a right angle to any other vector."""
    drawn = random.Random(seed)
    numbers = [drawn.gauss(0, 1) for _ in range(dim)]
    length = math.sqrt(sum(number * number for number in numbers))
    return [number / length for number in numbers]


def known_vector(model: str | None) -> KnownVector | None:
    """A text whose vector by this model is known; None for a model that the harness cannot ask."""
    entries = TomlFile.read(Path(__file__).with_name("vectors.toml")).data["vector"]
    return next((KnownVector(entry["text"], entry["b64"]) for entry in entries if entry["model"] == model), None)
