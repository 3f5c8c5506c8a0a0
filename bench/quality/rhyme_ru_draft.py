"""Drafts schemes of Russian stanzas by spelling alone, for a person to correct: the set's first stage.

Run `python -m bench.quality.rhyme_ru_draft > drafts.jsonl`. It shares no code with the analyzer that the set
measures: two line ends rhyme here when their simplified spelling agrees in a tail that holds a vowel and
what a rhyme needs beside it. Nothing knows where a word is stressed, so the draft is wrong where two
endings of grammar agree (любила / ходила rhyme, любила / сила do, любили / ходить don't).
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

SONGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "songs.jsonl.gz"
# Most of Pushkin here is one novel in one form of stanza: few of those, or the form alone would be measured.
WANTED = {"Александр Блок": 180, "Александр Пушкин": 36}
LENGTHS = range(4, 15)
_BREAK = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"[а-яё]+(?:-[а-яё]+)*")
_SIMPLER = (
    (r"([ое])го$", r"\1во"), (r"ть?ся$", "ца"), (r"[оа](?=[^аеёиоуыэюя]*[аеёиоуыэюя])", "а"),
    (r"[еи](?=[^аеёиоуыэюя]*[аеёиоуыэюя])", "и"), (r"ё", "о"), (r"ы", "и"), (r"э", "е"), (r"я", "а"),
    (r"ю", "у"), (r"б(?=[кпстфхцчшщ]|ь?$)", "п"), (r"в(?=[кпстфхцчшщ]|ь?$)", "ф"),
    (r"г(?=[кпстфхцчшщ]|$)", "к"), (r"д(?=[кпстфхцчшщ]|ь?$)", "т"), (r"[жш]ь?", "ш"),
    (r"з(?=[кпстфхцчшщ]|ь?$)", "с"), (r"(.)\1", r"\1"),
)  # fmt: skip


def song_id(lyrics: str) -> str:
    """What the set calls a text of the shared folder: the first 16 hex digits of its SHA-256."""
    return sha256(lyrics.encode()).hexdigest()[:16]


def stanzas(lyrics: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines between blank ones, each with the number of its first line, from 1."""
    found: list[str] = []
    for number, line in enumerate([*_BREAK.split(lyrics), ""], 1):
        if line.strip():
            found.append(line)
        elif found:
            yield number - len(found), found
            found = []


def scheme(lines: Sequence[str]) -> str:
    """A letter a line: each line joins the nearest of four lines before it whose end agrees most."""
    tails = [_simple(_last(line)) for line in lines]
    letters: list[str] = []
    for i, tail in enumerate(tails):
        scored = [(_agreement(tail, tails[j]), -(i - j), j) for j in range(max(0, i - 4), i)]
        best = max(scored, default=(0, 0, 0))
        letters.append(letters[best[2]] if best[0] else chr(65 + len(set(letters))))
    return "".join(letters)


def _last(line: str) -> str:
    words = _WORD.findall(line.casefold())
    return words[-1] if words else ""


def _simple(word: str) -> str:
    for pattern, letters in _SIMPLER:
        word = re.sub(pattern, letters, word)
    return word


def _agreement(one: str, two: str) -> int:
    """Letters of the common ending, 0 when they don't make a rhyme."""
    length = 0
    while length < min(len(one), len(two)) and one[-1 - length] == two[-1 - length]:
        length += 1
    tail = one[len(one) - length :]
    vowels = len(re.findall("[аеоиу]", tail))
    # A vowel alone is no rhyme; it takes the consonant beside it.
    return length if vowels and length > 1 else 0


def drafts() -> Iterator[dict[str, object]]:
    """One stanza a text, chosen by chance, with its draft; words beside it are for the person who checks."""
    chance = random.Random(5)
    with gzip.open(SONGS, "rt", encoding="utf-8") as rows:
        songs = [song for song in map(json.loads, rows) if song["language"] == "ru"]
    for artist, wanted in WANTED.items():
        texts = list(dict.fromkeys(song["lyrics"] for song in songs if song["artist"] == artist))
        chance.shuffle(texts)
        fitting = [
            (text, [(first, lines) for first, lines in stanzas(text) if _fits(lines, artist)])
            for text in texts
        ]
        chosen = [(text, *chance.choice(found)) for text, found in fitting if found]
        for text, first, lines in chosen[:wanted]:
            yield {
                "song": song_id(text),
                "stanza": [first, first + len(lines) - 1],
                "scheme": scheme(lines),
                "ends": [" ".join(line.split()[-2:]) for line in lines],
            }


def _fits(lines: Sequence[str], artist: str) -> bool:
    """Whether it is a stanza of 4 to 14 sung lines, not the heading with the poet's name and the title."""
    heading = any(line.strip() == artist or line.isupper() for line in lines)
    return len(lines) in LENGTHS and all(map(_last, lines)) and not heading


def main() -> None:
    for draft in drafts():
        print(json.dumps(draft, ensure_ascii=False))


if __name__ == "__main__":
    main()
