"""As many different tracks as one likes: demo verses, with words and stanzas changed by chance."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from itertools import count

from wordfreq import top_n_list

from app.analysis.batch import Text
from app.cli import demo

# How many of a line's words are others in a variation, and how many words there are to choose from, frequent
# ones more often (by Zipf's law): new texts bring words that no cache has.
_CHANGED = 0.3
_VOCABULARY = 50_000
_WORD = re.compile(r"[^\W\d_]{3,}")


def texts() -> Iterator[Text]:
    """The demo verses as they are, then variations of them without end; the same ones on every run."""
    songs = [track for tenant in ("northside", "aurora") for track in demo.tracks(tenant)]
    for number in count():
        song = songs[number % len(songs)]
        language = song.language or "en"
        lyrics = song.lyrics if number < len(songs) else _varied(song.lyrics, language, number)
        yield Text(lyrics, song.title, language)


def _varied(lyrics: str, language: str, seed: int) -> str:
    chance = random.Random(seed)
    words = _words(language)

    def changed(word: re.Match[str]) -> str:
        if chance.random() > _CHANGED:
            return word.group()
        return words[int(len(words) ** chance.random()) - 1]

    stanzas = lyrics.split("\n\n")
    chance.shuffle(stanzas)
    return _WORD.sub(changed, "\n\n".join(stanzas))


@cache
def _words(language: str) -> list[str]:
    return list(top_n_list(language, _VOCABULARY))
