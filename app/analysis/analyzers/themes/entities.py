"""Names that a text mentions, told by capital letters alone, so modestly and with their uncertainty."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.analysis.analyzers.themes import names
from app.analysis.results import Label
from app.lyrics.text import Lyrics

MAX_ENTITIES = 12
_ENOUGH_WORDS = 40
# Longer rows of capitals are headings.
_MAX_PARTS = 4
_WORD = r"[A-ZА-ЯЁ][a-zа-яё]+(?:[A-ZА-ЯЁ][a-zа-яё]+)*(?:[-'’][A-Za-zА-Яа-яЁё]+)*"
_NAME = re.compile(rf"(?<![^\W_]){_WORD}(?:[ \t]+{_WORD})*")
_BESIDE = 24
_BEFORE = re.compile(r"([^\W\d_]+)\s+$")
_AFTER = re.compile(r"\s+([^\W\d_]+)")


@dataclass(slots=True)
class Entity:
    """A label of kind person, place, brand or name, and the numbers of the lines that mention it."""

    label: Label
    lines: list[int]


@dataclass(slots=True)
class _Mentions:
    forms: Counter[str] = field(default_factory=Counter)
    lines: list[int] = field(default_factory=list)


def entities(lyrics: Lyrics) -> list[Entity]:
    """At most `MAX_ENTITIES`, surest first; cases of a Russian name count as one.

    A word counts when it is capitalised inside a line and never appears in lower case in the text; verse
    that capitalises nouns at will gets low confidence: 1 - .5^n for n mentions, halved for a bare `name`.
    """
    lower = {word for line in lyrics.lines for word in _lower_case(line.text)}
    found: dict[tuple[str, ...], _Mentions] = {}
    capitals = words = 0
    for line in lyrics.lines:
        if line.text.isupper():
            continue
        words += max(0, len(line.words) - 1)
        for match in _NAME.finditer(line.text):
            if _opens_sentence(line.text, match.start()):
                continue
            capitals += 1
            for phrase in _phrases(line.text, match):
                if phrase.casefold() not in lower:
                    key = tuple(map(names.base, phrase.split()))
                    mentions = found.setdefault(key, _Mentions())
                    mentions.forms[phrase] += 1
                    mentions.lines.append(line.number)
    if words > _ENOUGH_WORDS and capitals / words > 0.15:
        return []
    most = sorted(found.items(), key=lambda item: -len(item[1].lines))[:MAX_ENTITIES]
    named = [Entity(_label(key, mentions), mentions.lines) for key, mentions in most]
    return sorted(named, key=lambda entity: (-entity.label.confidence, entity.label.name))


def _lower_case(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", text) if word[0].islower()]


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - _BESIDE) : start].rstrip(" \"'“”«‘(—–-")
    return not before or before[-1] in ".!?…:;"


def _phrases(text: str, match: re.Match[str]) -> Iterator[str]:
    """The names in a row of capitalised words: an owner's ends at its 's, and function words part them."""
    parts: list[str] = []
    rows: list[list[str]] = [parts]
    for word in match.group().split():
        if names.is_function_word(word):
            parts = []
            rows.append(parts)
            continue
        owner = re.sub(r"['’]s$", "", word)
        parts.append(owner)
        if owner != word:
            parts = []
            rows.append(parts)
    if len(rows) == 1 and len(parts) <= _MAX_PARTS:
        parts[:] = _with_kind(text, match, parts)
    for row in rows:
        name = _without_epithet(row)
        if name and len(name) <= _MAX_PARTS and _names_something(name):
            yield " ".join(name)


def _names_something(name: list[str]) -> bool:
    if not all(map(names.is_common, name)):
        return True
    # Common words make a name together: Brook Road.
    return names.kind([names.base(part) for part in name]) != "name"


def _with_kind(text: str, match: re.Match[str], parts: list[str]) -> list[str]:
    """`parts` with the small street or улице beside them, unless they are a place without it."""
    if parts and names.base(parts[-1]) in names.listed("places"):
        return parts
    before = _BEFORE.search(text[max(0, match.start() - _BESIDE) : match.start()])
    after = _AFTER.match(text[match.end() : match.end() + _BESIDE])
    if before and names.base(before.group(1)) in names.listed("streets") and not before.group(1).isascii():
        return [before.group(1), *parts]
    if after and names.base(after.group(1)) in names.listed("streets"):
        return [*parts, after.group(1)]
    return parts


def _without_epithet(row: list[str]) -> list[str]:
    """England of Take England, but New England."""
    if len(row) > 1 and names.base(row[-1]) in names.listed("places"):
        return row if names.base(row[-2]) in names.listed("before_places") else row[-1:]
    return row


def _label(key: tuple[str, ...], mentions: _Mentions) -> Label:
    sure = 1 - 0.5 ** len(mentions.lines)
    # The dictionary form where the text has it, else the form that it has most often.
    name = min(mentions.forms, key=lambda form: (form.casefold().split() != [*key], -mentions.forms[form]))
    kind = names.kind(key)
    weight = {"place": 0.5 + sure / 2, "brand": 0.5 + sure / 2, "person": sure, "name": sure / 2}[kind]
    return Label(kind, name, round(weight, 4))
