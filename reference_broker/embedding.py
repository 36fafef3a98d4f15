"""Texts to vectors: by wordllama inside this process, or by an OpenAI-compatible endpoint where a key is set. Vectors have length 1.

Which model it is, is told in `GET /api/v1`; vectors of another model never get into the index.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx
import numpy as np
import structlog

from reference_broker.errors import unavailable
from reference_broker.settings import Settings

Vector = np.ndarray

REMEMBERED_TEXTS = 4_096
REMEMBERED_LENGTH = 256
"""Longer texts are not likely to come again."""

ENDPOINT_S = 5.0

_log = structlog.get_logger("embedding")


class Model(Protocol):
    """Whatever turns texts into vectors."""

    name: str

    async def embed(self, texts: Sequence[str]) -> list[Vector]: ...
    async def close(self) -> None: ...


class WordLlamaModel:
    """256 dimensions, the weights inside the wheel: no network. A short text takes some 0.05 ms."""

    def __init__(self, dim: int) -> None:
        import wordllama  # takes most of a second, and is not needed with an endpoint

        # Its loader looks for the weights beside the wrong folder unless it is told.
        self._model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
        self.name = "wordllama:l2_supercat_256"
        self.dim = int(self._model.embed("dimension").shape[1])
        if self.dim != dim:
            raise ValueError(
                f"EMBEDDING_DIM is {dim}, but wordllama makes {self.dim} dimensions; set it to {self.dim}, or configure an endpoint"
            )

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        return [unit(row) for row in self._model.embed(list(texts))]

    async def close(self) -> None:
        return None


class EndpointModel:
    """`POST /embeddings` of an OpenAI-compatible API, asked for the number of dimensions that the index has."""

    def __init__(self, *, base_url: str, key: str, model: str, dim: int) -> None:
        self.name = f"openai:{model}"
        self._model, self._dim = model, dim
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=ENDPOINT_S, limits=httpx.Limits(max_connections=8)
        )

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        request = {"model": self._model, "input": list(texts), "dimensions": self._dim}
        try:
            response = await self._client.post("embeddings", json=request)
            response.raise_for_status()
            rows = sorted(response.json()["data"], key=lambda row: row["index"])
            vectors = [unit(np.asarray(row["embedding"])) for row in rows]
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            _log.warning("embedding_endpoint_failed", reason=type(error).__name__)
            raise unavailable() from error
        if len(vectors) != len(texts) or any(len(vector) != self._dim for vector in vectors):
            _log.error("embedding_endpoint_wrong_shape", expected=self._dim)
            raise unavailable()
        return vectors

    async def close(self) -> None:
        await self._client.aclose()


class Embedding:
    """The configured model, with a modest memory of short texts."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: OrderedDict[str, Vector] = OrderedDict()

    @property
    def model(self) -> str:
        return self._model.name

    async def of(self, text: str) -> Vector:
        if (vector := self._known.get(text)) is not None:
            self._known.move_to_end(text)
            return vector
        (vector,) = await self.of_all([text])
        if len(text) <= REMEMBERED_LENGTH:
            self._known[text] = vector
            if len(self._known) > REMEMBERED_TEXTS:
                self._known.popitem(last=False)
        return vector

    async def of_all(self, texts: Sequence[str]) -> list[Vector]:
        return await self._model.embed(texts)

    async def close(self) -> None:
        await self._model.close()


async def load_model(settings: Settings) -> Model:
    """The model that the settings name.

    Raises:
        ValueError: it makes vectors of another dimension than EMBEDDING_DIM.
    """
    if settings.openai_api_key is None:
        return await asyncio.to_thread(WordLlamaModel, settings.embedding_dim)
    return EndpointModel(
        base_url=settings.openai_base_url,
        key=settings.openai_api_key.get_secret_value(),
        model=settings.embedding_model,
        dim=settings.embedding_dim,
    )


def unit(vector: Sequence[float] | Vector) -> Vector:
    """The vector with length 1, as float32; one without a direction stays zero and is found by nobody."""
    doubles = np.asarray(vector, dtype=np.float64)
    scale = np.abs(doubles).max(initial=0.0)
    if scale == 0.0:
        return doubles.astype(np.float32)
    doubles = doubles / scale
    shortened: Vector = (doubles / np.linalg.norm(doubles)).astype(np.float32)
    return shortened
