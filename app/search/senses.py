"""What a query means in each of several spaces, remembered; one of a process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from app.search.embeddings import Embedder, EmbedderAway, EmbedderUnusable, TextsRefused
from app.search.errors import MeaningUnavailable
from app.search.meaning import Meaning, Sense
from app.search.query_vectors import QueryVectors
from app.search.question import Question

log = structlog.get_logger(__name__)

CACHED = 4_096  # queries, each in a space


class Senses:
    """Makes vectors of queries, each once while it is remembered."""

    def __init__(self) -> None:
        self._vectors: dict[str, QueryVectors] = {}
        self._known: OrderedDict[tuple[str, str], Sense] = OrderedDict()
        self._warm: set[str] = set()

    async def warm(self, embedders: Sequence[Embedder]) -> None:
        """Loads models, which takes seconds; without it the first query does."""
        for embedder in embedders:
            await self._sense("warm", embedder)

    async def of(self, question: Question, embedders: Sequence[Embedder]) -> Meaning:
        """The meaning in those spaces whose embedders answer; raises MeaningUnavailable where none does."""
        senses = await asyncio.gather(*(self._sense(question.text, embedder) for embedder in embedders))
        found = [sense for sense in senses if sense is not None]
        if not found:
            raise MeaningUnavailable
        return Meaning.of(found, known=any(question.known))

    async def _sense(self, text: str, embedder: Embedder) -> Sense | None:
        key = (embedder.space, text)
        if (known := self._known.get(key)) is not None:
            self._known.move_to_end(key)
            return known
        vectors = self._vectors.setdefault(embedder.space, QueryVectors(embedder))
        try:
            # On the event loop where it takes about as long as handing it to a thread and back.
            if embedder.quick and embedder.space in self._warm:
                vector = vectors.of(text)
            else:
                vector = await asyncio.to_thread(vectors.of, text)
        except (EmbedderAway, TextsRefused, EmbedderUnusable) as error:
            log.warning("query_not_embedded", space=embedder.space, error=type(error).__qualname__)
            return None
        self._warm.add(embedder.space)
        sense = self._known[key] = Sense.of(embedder, vector)
        if len(self._known) > CACHED:
            self._known.popitem(last=False)
        return sense
