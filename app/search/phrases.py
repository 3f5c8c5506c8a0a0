"""Exact phrases in SQL: the words of a pair of quotes, side by side in this order and form."""

from __future__ import annotations

import re

from tenancy.sql import Params

_PIECE = re.compile(r"[^\W_]+")


class Phrase:
    """A phrase with at least one letter or digit, bound to a statement; tenant is `$1`."""

    def __init__(self, text: str, params: Params) -> None:
        phrase = params.bind(text, "text")
        # Sub-selects are computed once a statement.
        self.exact = f"(select phraseto_tsquery('simple', {phrase}))"
        self._stemmed = f"(select phraseto_tsquery('russian', {phrase}))"
        # Letters and digits alone between word boundaries, so nothing of the phrase is syntax.
        between = "[^[:alnum:]]+".join(_PIECE.findall(text))
        self._spelt = params.bind(rf"\m{between}\M", "text")

    def stands_in(self, track: str) -> str:
        """Whether the lyrics or the title of a row of `tracks` have it."""
        # Parsing a text costs .3 ms, so the stored document goes first. Where stop words left nothing of the
        # phrase in that ("to be or not to be"), the text itself is searched. `case` keeps the order.
        return f"""(
    (numnode({self._stemmed}) = 0 or {track}.id in (select phrase_candidates({self._stemmed})))
    and exists (select from lyrics l where l.tenant_id = $1 and l.track_id = {track}.id and case
      when numnode({self._stemmed}) = 0 then l.text ~* {self._spelt}
      when l.document @@ {self._stemmed} then to_tsvector('simple', l.text) @@ {self.exact} end)
    or {track}.title ~* {self._spelt})"""
