"""Which embedders there are, and which of them answer a tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

import structlog

from app.search.e5 import SmallE5Embedder
from app.search.embeddings import Embedder, EmbedderAway, FastEmbedder, Space, TextsRefused

log = structlog.get_logger(__name__)

# What runs on this machine and needs no settings, by the name of its space.
LOCAL: dict[str, Callable[[], Embedder]] = {
    FastEmbedder().space: FastEmbedder,
    SmallE5Embedder().space: SmallE5Embedder,
}


def local(spaces: Collection[str]) -> tuple[Embedder, ...]:
    """Those of the spaces that this machine can fill without settings, by name."""
    missing = () if SmallE5Embedder.installed() else (SmallE5Embedder().space,)
    return tuple(LOCAL[space]() for space in sorted(spaces) if space in LOCAL and space not in missing)


class Spaces:
    """The embedders of the settings, in their order: the fast one first."""

    def __init__(self, embedders: Sequence[Embedder]) -> None:
        self.embedders = tuple(embedders)
        self.names = [embedder.space for embedder in self.embedders]

    def answering(self, complete: Collection[str]) -> tuple[Embedder, ...]:
        """Those whose spaces a tenant is searched in, by the spaces that are complete for it; never none.

        Where none of the settings' is complete yet, those that were before: what ships with a package can
        embed a query without settings. For a new tenant the first, as its vectors come.
        """
        ready = tuple(embedder for embedder in self.embedders if embedder.space in complete)
        if ready:
            return ready
        return local(complete) or self.embedders[:1]

    def filling(self, begun: Mapping[str, bool]) -> tuple[Embedder, ...]:
        """Those that this process can fill of the spaces that a tenant has begun, which say whether they are
        complete: first what answers, since tracks that come now are missed there."""
        known = (*self.embedders, *local(begun))
        found = {each.space: each for each in known if each.space in begun}
        return tuple(sorted(found.values(), key=lambda each: not begun[each.space]))

    async def check(self) -> None:
        """Asks servers among them for a vector; raises EmbedderUnusable. One that is away may come back."""
        servers = [each for each in self.embedders if not each.computes]
        answers = await asyncio.gather(
            *(asyncio.to_thread(each.warm) for each in servers), return_exceptions=True
        )
        for embedder, answer in zip(servers, answers, strict=True):
            if isinstance(answer, EmbedderAway | TextsRefused):
                log.warning("embedder_away", space=embedder.space, error=str(answer))
            elif answer is not None:
                raise answer

    @property
    def sizes(self) -> list[Space]:
        return [Space(each.space, each.dimension) for each in self.embedders]
