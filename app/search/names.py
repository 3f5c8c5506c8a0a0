"""Titles and artists' names in one alphabet, so that a misspelt or transliterated name is still found.

Trigrams also need this: pg_trgm sees no Cyrillic letters at all in a database whose character type is C,
as it is with Postgres' builtin locale.
"""

from __future__ import annotations

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
    """`name` in lower case with Cyrillic letters as Latin ones, as names are usually spelt."""
    return name.lower().translate(_FOLD)


def folded_sql(expression: str) -> str:
    """The same in SQL: an expression that folds `expression`."""
    folded = f"translate(lower({expression}), '{_CYRILLIC}{_SILENT}', '{_LATIN}')"
    for letter, latin in _DIGRAPHS.items():
        folded = f"replace({folded}, '{letter}', '{latin}')"
    return folded
