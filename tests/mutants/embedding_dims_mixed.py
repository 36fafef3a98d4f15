"""A vector of another dimension is filled up with zeros, or cut off, and compared as if it were of the index."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from ainp_harness.wire.embedding import decode_f32, encode_f32
from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker.__main__ import main
from reference_broker.discovery import Discovery
from reference_broker.embedding import Vector
from reference_broker.registration import Capability
from reference_broker.registry import Registry

AREAS = (
    "discovery",
    "registration",
)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-DSC-016"})
RELATED: frozenset[str] = frozenset()

vector_of, vectors_of = Discovery._vector, Registry._vectors


def fitted(numbers: Sequence[float], dim: int) -> list[float]:
    return [*numbers, *[0.0] * dim][:dim]


async def fitted_vector(self: Discovery, query: CapabilityQuery) -> Vector:
    if query.embedding is not None:
        query = replace(query, embedding=encode_f32(fitted(decode_f32(query.embedding), self._dim)))
    return await vector_of(self, query)


async def fitted_vectors(self: Registry, capabilities: Sequence[Capability]) -> list[Vector | None]:
    fit = [replace(c, embedding=tuple(fitted(c.embedding, self._dim))) if c.embedding is not None else c for c in capabilities]
    return await vectors_of(self, fit)


if __name__ == "__main__":
    Discovery._vector = fitted_vector
    Registry._vectors = fitted_vectors
    sys.exit(main(sys.argv[1:]))
