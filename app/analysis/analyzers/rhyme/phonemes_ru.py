"""How a Russian word sounds by its spelling: reduced vowels, devoiced consonants, ё, -ого, -тся."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.analysis import data
from app.analysis.memo import MEMO

_SOFT = {"я": "а", "е": "э", "ё": "о", "ю": "у", "и": "и"}
_HARD = {"а": "а", "о": "о", "у": "у", "э": "э", "ы": "ы"}
_DEVOICED = str.maketrans("бвгдзж", "пфктсш")
_VOICELESS = frozenset("пфктсшщчцх")
_NEVER_STRESSED = re.compile(
    r"(?:ый|ий|ая|яя|ое|ее|ые|ие|ость|ости|остью|тель|тели|ывать|ывал|ешься|ется|ится|ую|юю|ыми|ими|ами|ями)$"
)
_STRESSED_EXCEPTIONS = data.words("russian", "stressed_ending")
_GENITIVE = re.compile(r"(?<=[ое])го$")
_REFLEXIVE = re.compile(r"ть?ся$")
_SIMPLE = (
    ("стн", "сн"),
    ("здн", "зн"),
    ("лнц", "нц"),
    ("рдц", "рц"),
    ("вств", "ств"),
    ("сч", "щ"),
    ("зч", "щ"),
    ("чт", "шт"),
)
_NOT_V = data.words("russian", "hard_g")


@dataclass(frozen=True, slots=True)
class Sounds:
    """Consonant groups around the vowels, last first: `groups[0]` follows the last vowel.

    `vowels[k]` is the full and `reduced[k]` the unstressed quality of the k-th vowel from the end;
    `hidden_yo[k]` says that it is an е, which may stand for ё.
    """

    word: str
    vowels: tuple[str, ...]
    reduced: tuple[str, ...]
    groups: tuple[str, ...]
    hidden_yo: tuple[bool, ...]
    stress: int | None
    unstressed_end: bool


@lru_cache(maxsize=MEMO)
def sounds(word: str) -> Sounds:
    """The sounds of a lower-case Russian word; letters of other scripts are dropped."""
    text = word.replace("ѣ", "е").replace("і", "и").replace("ъ ", " ")
    text = re.sub(r"ъ$", "", text)
    if _GENITIVE.search(text) and text not in _NOT_V:
        text = _GENITIVE.sub("во", text)
    text = _REFLEXIVE.sub("ца", text)
    for old, new in _SIMPLE:
        text = text.replace(old, new)
    vowels: list[str] = []
    reduced: list[str] = []
    hidden_yo: list[bool] = []
    groups: list[str] = [""]
    stress: int | None = None
    previous = ""
    for letter in text:
        quality = _SOFT.get(letter) or _HARD.get(letter)
        if quality is None:
            if letter == "ь" and groups[-1][-1:] not in ("", "ш", "ж", "щ", "ч"):
                groups[-1] += "ь"
            elif "а" <= letter <= "я" and letter not in "ъь":
                groups[-1] += letter
        else:
            if letter in "яеёю" and (not previous or previous in "аоуэыиеёюяьъ"):
                groups[-1] = groups[-1].rstrip("ь") + "й"
            if letter == "ё":
                stress = len(vowels)
            vowels.append("и" if quality == "ы" else quality)
            hidden_yo.append(letter == "е" and "ё" not in word)
            soft = letter in "яеюи" or previous in ("ч", "щ")
            reduced.append("у" if quality == "у" else "и" if soft or quality in "эиы" else "а")
            groups.append("")
        previous = letter
    if reduced and text[-1:] in ("я", "а"):
        reduced[-1] = "а"
    groups[-1] = devoiced(groups[-1])
    groups = [_assimilate(group) for group in groups]
    count = len(vowels)
    return Sounds(
        word,
        tuple(reversed(vowels)),
        tuple(reversed(reduced)),
        tuple(reversed(groups)),
        tuple(reversed(hidden_yo)),
        None if stress is None else count - 1 - stress,
        count > 1 and bool(_NEVER_STRESSED.search(word)) and word not in _STRESSED_EXCEPTIONS,
    )


def devoiced(group: str) -> str:
    """`group` as it sounds at a word's end."""
    return group.translate(_DEVOICED)


def _assimilate(group: str) -> str:
    if len(group) < 2:
        return group
    letters = list(group)
    for n in range(len(letters) - 2, -1, -1):
        if letters[n + 1] in _VOICELESS:
            letters[n] = letters[n].translate(_DEVOICED)
    return "".join(a for n, a in enumerate(letters) if n == 0 or a != letters[n - 1])
