"""Section tags of lyrics sheets ([Chorus], (Verse 2), Припев:) and the kinds that they name."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KINDS: tuple[tuple[str, str], ...] = (
    ("pre-chorus", r"pre[- ]?chorus|pre[- ]?hook|предприпев|пред[- ]?припев"),
    ("post-chorus", r"post[- ]?chorus|post[- ]?hook|пост[- ]?припев|постприпев"),
    ("chorus", r"chorus|hook|refrain|припев|хук|рефрен"),
    ("verse", r"verse|куплет|part|часть|парт"),
    ("bridge", r"bridge|бридж|мост|middle 8"),
    ("intro", r"intro|interlude intro|интро|вступление"),
    ("outro", r"outro|coda|аутро|концовка|кода"),
    (
        "interlude",
        r"interlude|skit|instrumental|solo|break|beat|drop|скит|проигрыш|соло|интерлюдия|инструментал",
    ),
)
_KIND = re.compile("|".join(f"(?P<k{i}>{pattern})" for i, (_, pattern) in enumerate(_KINDS)), re.IGNORECASE)
MAX_TAG = 32
_NAMES = "|".join(pattern for _, pattern in _KINDS)
_BRACKETED = re.compile(r"\s*\[([^\[\]]{0,120})\]\s*")
_PARENTHESISED = re.compile(rf"\s*\(\s*((?:{_NAMES})\b[^()]{{0,40}})\)\s*:?\s*$", re.IGNORECASE)
_BARE = re.compile(
    rf"\s*((?:{_NAMES})\s*\d{{0,2}})\s*:\s*$|\s*((?:verse|куплет)\s*\d{{1,2}})\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the song, `kind` being verse, chorus, pre-chorus, bridge, intro, outro, … or other."""

    kind: str
    start_line: int
    end_line: int


def kind_of(tag: str) -> str:
    """The kind that a tag's text names; `other` for a speaker's name or anything unknown."""
    found = _KIND.match(tag.strip())
    if not found or found.lastgroup is None:
        return "other"
    return _KINDS[int(found.lastgroup[1:])][0]


def split_tag(line: str) -> tuple[str | None, str]:
    """The section kind that `line` announces, if any, and what is left of it to sing.

    A bracket that opens the line is a tag. Brackets further in ([x2], [?]) are notes and are dropped.
    """
    if "[" in line:
        opening = _BRACKETED.match(line)
        rest = _BRACKETED.sub(" ", line).strip()
        if opening and (
            kind_of(opening.group(1)) != "other" or (not rest and len(opening.group(1)) <= MAX_TAG)
        ):
            return kind_of(opening.group(1)), rest
        # A whole line in brackets that is too long for a tag is sung; a note inside a line isn't.
        return None, rest or line.strip(" []")
    if line.rstrip()[-1:] in (":", ")") or len(line) < 24:
        found = _PARENTHESISED.match(line) or _BARE.match(line)
        if found:
            return kind_of(next(group for group in found.groups() if group)), ""
    return None, line
