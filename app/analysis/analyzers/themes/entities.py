"""Names that a text mentions, told by capital letters alone, so modestly and with their uncertainty."""

from __future__ import annotations

import re
from collections import Counter

from app.analysis import data, lemmas
from app.analysis.results import Label
from app.lyrics.text import Lyrics

MAX_ENTITIES = 12
_ENOUGH_WORDS = 40
_NAME = re.compile(
    r"[A-ZА-ЯЁ][a-zа-яё]+(?:[-'’][A-Za-zА-Яа-яё]+)*(?:\s+[A-ZА-ЯЁ][a-zа-яё]+(?:[-'’][A-Za-zа-яё]+)*)*"
)
_PLACES = data.words("names", "places")
_BRANDS = data.words("names", "brands")
_NOT_NAMES = data.words("names", "common")


def entities(lyrics: Lyrics) -> list[Label]:
    """Labels of kind person, place, brand or name, most often named first.

    A word counts when it is capitalised inside a line and never appears in lower case in the text; verse
    that capitalises nouns at will gets low confidence: 1 - .5^n for n mentions, halved for a bare `name`.
    """
    lower = {word for line in lyrics.lines for word in _lower_case(line.text)}
    found: Counter[str] = Counter()
    capitals = words = 0
    for line in lyrics.lines:
        if line.text.isupper():
            continue
        words += max(0, len(line.words) - 1)
        for match in _NAME.finditer(line.text):
            if _opens_sentence(line.text, match.start()):
                continue
            capitals += 1
            name = re.sub(r"['’]s$", "", match.group())
            if name.casefold() not in _NOT_NAMES and name.casefold() not in lower:
                found[name] += 1
    if words > _ENOUGH_WORDS and capitals / words > 0.15:
        return []
    labels = [_label(name, count) for name, count in found.most_common(MAX_ENTITIES)]
    return sorted(labels, key=lambda label: (-label.confidence, label.name))


def _lower_case(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", text) if word[0].islower()]


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'“”«‘(—–-")
    return not before or before[-1] in ".!?…:;"


def _label(name: str, count: int) -> Label:
    sure = 1 - 0.5**count
    parts = name.casefold().split()
    base = lemmas.russian(parts[-1]) if re.match("[а-яё]", parts[-1]) else parts[-1]
    if base in _PLACES:
        return Label("place", name, round(0.5 + sure / 2, 4))
    if base in _BRANDS or parts[0] in _BRANDS:
        return Label("brand", name, round(0.5 + sure / 2, 4))
    if len(parts) in (2, 3):
        return Label("person", name, round(sure, 4))
    return Label("name", name, round(sure / 2, 4))
