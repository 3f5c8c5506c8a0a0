"""Words of a line, in the one normal form that every lexicon and dictionary here is written in."""

from __future__ import annotations

import re

from app.lyrics.words import words as listed

_WORD = re.compile(r"'?[^\W\d_]+(?:'[^\W\d_]+)*'?")
# More than any word has. What is longer (a scream, a key, a script without spaces) is kept by its end, which
# rhymes, so that nothing that looks at words need fear one of a whole text's length.
MAX_LETTERS = 40
_APOSTROPHES = str.maketrans("’ʼ‘`´′＇", "'''''''")
# Elided forms whose apostrophe belongs to the word; anywhere else it is a quotation mark.
_LEADING = listed("apostrophes", "leading")
_TRAILING = listed("apostrophes", "trailing")


def words(line: str) -> tuple[str, ...]:
    """Lower-case words with their inner apostrophes; hyphens and dashes separate, digits are left out.

    `Runnin' o'er 'the love-sick' hills` → `runnin'`, `o'er`, `the`, `love`, `sick`, `hills`.
    """
    found: list[str] = []
    for word in _WORD.findall(line.translate(_APOSTROPHES).casefold()):
        if "'" in word:
            if word[0] == "'" and word.rstrip("'") not in _LEADING:
                word = word[1:]
            if word[-1:] == "'" and not word.endswith("in'") and word not in _TRAILING:
                word = word[:-1]
        if word:
            found.append(word[-MAX_LETTERS:])
    return tuple(found)
