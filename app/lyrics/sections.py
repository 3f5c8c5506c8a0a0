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
# No line that is only a tag is longer; the patterns of tags would be slow on a long run of spaces.
_MAX_TAG_LINE = 200
_NAMES = "|".join(pattern for _, pattern in _KINDS)
_NAMED = re.compile(rf"\s*((?:{_NAMES})\s*\d{{0,2}})\s*:?\s*", re.IGNORECASE)
_BRACKETED = re.compile(r" ?\[([^\[\]]{0,120})\] ?")
_PARENTHESISED = re.compile(rf"\s*\(\s*((?:{_NAMES})\b[^()]{{0,40}})\)\s*:?\s*$", re.IGNORECASE)
_BARE = re.compile(
    rf"\s*((?:{_NAMES})\s*\d{{0,2}})\s*:\s*$|\s*((?:verse|куплет)\s*\d{{1,2}})\s*$", re.IGNORECASE
)

# How often to sing a line: (x2), [2x], ×4, (2 раза), and Cyrillic х for Latin x.
_BRACKETED_TIMES = re.compile(
    r"[(\[{]\s?(?:(?:repeat|повтор\w*)\s?)?"
    r"(?:[xх×]\s?\d{1,3}|\d{1,3}\s?(?:[xх×]|times|раза?)|repeat|bis|повтор)\s?[)\]}]",
    re.IGNORECASE,
)
# Without brackets only at the line's end, and a capital only glued: a 4x4, Malcolm X and iPhone X are sung.
_BARE_TIMES = re.compile(
    r"(?:(?<!\w)(?:[xх] ?\d{1,2}|\d{1,2} ?[xх]|[XХ]\d{1,2}|\d{1,2}[XХ])\b|×\s?\d{1,3}|\b\d{1,3}\s?×)\W*$"
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


def without_times(line: str) -> str:
    """`line` without the marks that say how often to sing it: they are instructions, not words."""
    left = _BARE_TIMES.sub("", _BRACKETED_TIMES.sub("", line))
    # The full stop after a mark that stood alone would look like a ruler between stanzas.
    return left if left == line or re.search(r"\w", left) else ""


def split_tag(line: str) -> tuple[str | None, str]:
    """The section kind that `line` announces, if any, and what is left of it to sing.

    A bracket that opens the line is a tag. Brackets further in ([?]) are notes and are dropped, and so are
    marks of repetition, with or without brackets (see `without_times`).
    """
    line = line.strip()
    once = without_times(line).strip()
    if once != line:
        named = _NAMED.fullmatch(once) if len(once) <= _MAX_TAG_LINE else None
        if named:
            # "Chorus (x2)" asks for a section; "chorus" alone may be a sung word.
            return kind_of(named.group(1)), ""
        line = once
    if "[" in line:
        opening = _BRACKETED.match(line)
        rest = _BRACKETED.sub(" ", line).strip()
        if opening and (
            kind_of(opening.group(1)) != "other" or (not rest and len(opening.group(1)) <= MAX_TAG)
        ):
            return kind_of(opening.group(1)), rest
        # A whole line in brackets that is too long for a tag is sung; a note inside a line isn't.
        return None, rest or line.strip(" []")
    if (line[-1:] in (":", ")") and len(line) <= _MAX_TAG_LINE) or len(line) < 24:
        found = _PARENTHESISED.match(line) or _BARE.match(line)
        if found:
            return kind_of(next(group for group in found.groups() if group)), ""
    return None, line
