"""What can be wrong with a search; each message may be shown to whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID


class InvalidSearch(ValueError):
    """A search that can't be answered as it was asked."""


class EmptyQuery(InvalidSearch):
    """The query has no word to search for, or none that tells one track from another."""

    def __init__(self, *, only_common_words: bool) -> None:
        super().__init__(
            "Every word of this query is too common to search for by itself: put the words in quotes to find"
            " them just so, or search by meaning (the mode SEMANTIC or HYBRID)."
            if only_common_words
            else "The query is empty: write a few words, such as “songs about losing someone”."
        )
        self.only_common_words = only_common_words


class QueryTooLong(InvalidSearch):
    """The query has `length` characters, and at most `limit` are searched for."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"The query has {length:,} characters; please keep it to {limit:,}.")
        self.length = length
        self.limit = limit


class SeedAvoided(InvalidSearch):
    """`ids` are to be both recommended from and kept away from."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        super().__init__("A track is both a seed and one to avoid: take it out of `seeds` or out of `avoid`.")
        self.ids = tuple(ids)


class InvalidCursor(InvalidSearch):
    """`after` is not a cursor of a search."""

    def __init__(self) -> None:
        super().__init__("This cursor is not one of a search: pass an endCursor, or leave `after` out.")


class CursorOutdated(InvalidSearch):
    """`after` is a cursor of a search in another mode, or by a model that has been replaced since."""

    def __init__(self) -> None:
        super().__init__(
            "This cursor is one of another mode, or of before the search model was replaced: start again from"
            " the first page."
        )


class MeaningUnavailable(RuntimeError):
    """No embedder that answers this tenant gives vectors at the moment."""

    def __init__(self) -> None:
        super().__init__(
            "Search by meaning is not possible at the moment: the server that reads queries does not answer."
            " Search by words (the mode LEXICAL), or try again in a minute."
        )
