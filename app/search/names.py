"""Titles and artists' names in one alphabet, so that a misspelt or transliterated name is still found.

Trigrams also need this: pg_trgm sees no Cyrillic letters at all in a database whose character type is C,
as it is with Postgres' builtin locale.
"""

from __future__ import annotations

from tenancy.sql import Params

# Two spellings of a name share about half of their trigrams (a letter lost from "pushkin": .5); words
# that merely rhyme share fewer.
ALIKE = 0.45
# A query that shares so much of a whole name means it. No nDCG of the labelled queries in bench/quality, of
# which some are names and most are not, is lower for it.
NAMED = 0.6
SLIP = 0.97  # below the name itself, above any other: so long a name is seldom a letter from another one
SHORTEST = 5  # letters of a name from which on one slip still leaves it one name and not another
# From here on so few names are a slip apart that even words that exist can be one.
LONG = 9
LONGEST = 80  # a longer query has too many patterns, and enough trigrams without them

_CYRILLIC = "абвгдезийклмнопрстуфыэіѣѳ"
_LATIN = "abvgdeziyklmnoprstufyeief"
_SILENT = "ъь"
_DIGRAPHS = {
    "ё": "yo",
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ю": "yu",
    "я": "ya",
}
_FOLD = str.maketrans(dict(zip(_CYRILLIC, _LATIN, strict=True)) | _DIGRAPHS | dict.fromkeys(_SILENT, ""))


def fold(name: str) -> str:
    """`name` in lower case with Cyrillic letters as Latin ones, as names are usually spelt.

    `fold_name` of migration 0008b is the same in SQL: what is stored was folded by it.
    """
    return name.lower().translate(_FOLD)


def slips(name: str) -> list[str]:
    """Patterns for LIKE: what `name` was meant to be, if one letter of it is wrong, missing, one too many,
    or changed places with the next (Damerau 1964). Trigrams miss that: "overdarft" shares .43 of "overdraft".
    """
    edges = range(len(name) + 1)
    parts = [(_literal(name[:at]), name[at:]) for at in edges]
    wrong = [f"{head}_{_literal(tail[1:])}" for head, tail in parts if tail]
    missing = [f"{head}_{_literal(tail)}" for head, tail in parts]
    extra = [head + _literal(tail[1:]) for head, tail in parts if tail]
    swapped = [
        head + _literal(tail[1] + tail[0] + tail[2:])
        for head, tail in parts
        if tail[1:] and tail[0] != tail[1]
    ]
    return [*wrong, *missing, *extra, *swapped]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class NameSql:
    """The query as a whole name, compared with folded names in SQL."""

    def __init__(self, name: str, params: Params, *, misspelt: bool) -> None:
        """`misspelt` says that a word of it does not exist, so that it is rather a slip than another word."""
        self._name = params.bind(name, "text")
        self._length = len(name)
        self._slips = ""
        if (SHORTEST if misspelt else LONG) <= len(name) <= LONGEST:
            self._slips = params.bind(slips(name), "text[]")

    @property
    def value(self) -> str:
        return self._name

    @property
    def least(self) -> float:
        """The share of trigrams of whatever name `alike` can mean, at least: a slip takes four of them."""
        trigrams = self._length + 1
        shared = (trigrams - 4) / (trigrams + 4)
        # A little less: Postgres compares it as a single-precision number.
        return min(NAMED, shared) - 0.001 if self._slips else NAMED - 0.001

    def alike(self, folded: str) -> str:
        """How alike the query and a name are, 0..1: 1 for the same words, SLIP for those but for one letter.

        Null where their lengths alone say that it is below NAMED: most names, and cheaper to see.
        """
        n = self._length
        alike = f"similarity({self._name}, {folded})"
        if self._slips:
            alike = f"""greatest({alike}, case when length({folded}) between {n - 1} and {n + 1}
        and {folded} like any({self._slips}) then {SLIP} end)"""
        return f"case when length({folded}) between {n // 2 - 2} and {2 * n + 2} then {alike} end"
