"""Which words exist, so that a misspelt or made-up one is known for what it is.

The lists are those of wordfreq (Speer 2022): English and Russian as far as they go, and of the other
languages that share their letters the words of one use a million and more.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.search.names import fold

_LISTS = {
    # Russian in Latin letters too, as names are often typed: "seryoga".
    "latin": {"en": "large", "ru": "large"}
    | dict.fromkeys(("de", "es", "fr", "it", "nl", "pl", "pt", "tr"), "small"),
    "cyrillic": {"ru": "large"},
}


def known(word: str) -> bool:
    """Whether any of the languages has `word`, in lower case; yes where no list could tell.

    Of 300 made-up words such as "xyzzyqwv", "vumobujak" and "боговон" 8 % are known all the same.
    """
    if not any(map(str.isalpha, word)):
        return True
    if all(letter < "\u0250" for letter in word):
        alphabet = "latin"
    elif all("\u0400" <= letter <= "\u04ff" for letter in word if letter.isalpha()):
        alphabet = "cyrillic"
    else:
        return True
    hashes, wanted = _words(alphabet), hash(word.replace("’", "'"))
    at = int(np.searchsorted(hashes, wanted))
    return at < len(hashes) and int(hashes[at]) == wanted


@cache
def _words(alphabet: str) -> NDArray[np.int64]:
    """The hashes of all words, sorted: some megabytes where the words themselves would take 200."""
    # Import here: it takes half a second, and a service should answer before that.
    from wordfreq import available_languages, read_cBpack

    files = [available_languages(size)[language] for language, size in _LISTS[alphabet].items()]
    words = (word for file in files for same in read_cBpack(file) for word in same)
    hashes = np.fromiter(map(hash, map(fold, words) if alphabet == "latin" else words), np.int64)
    hashes.sort()
    return hashes
