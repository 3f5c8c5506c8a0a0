"""Lyrics as every analyzer sees them: cleaned, split into lines and stanzas, with their language."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from app.lyrics import cleaning, language, sections, tokens
from app.lyrics.sections import Section

_WORDLIKE = re.compile(r"[^\W_]")
_NUMERAL = re.compile(r"\s*(?:[IVXLC]{1,7}|\d{1,3})\s*[.)]?\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """A sung line: its stored number, its cleaned text and its words in normal form (see `tokens.words`)."""

    number: int
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Lyrics:
    """A text ready to analyse. `original_lines[n - 1]` is stored line `n`, untouched, for exact quoting.

    `language` is a BCP 47 primary tag, or None when the text is too short or too mixed to tell.
    """

    original_lines: tuple[str, ...]
    stanzas: tuple[tuple[Line, ...], ...]
    sections: tuple[Section, ...]
    language: str | None
    title: str | None = None

    @classmethod
    def parse(cls, text: str, title: str | None = None, language: str | None = None) -> Lyrics:
        """Clean and split `text`; a usable `language` hint ("ru-RU", "English") wins over detection."""
        return _parse(text, title, language)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every sung line in order."""
        return tuple(line for stanza in self.stanzas for line in stanza)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every sung word in order, in normal form."""
        return tuple(word for line in self.lines for word in line.words)

    def quote(self, start_line: int, end_line: int) -> str:
        """The stored lines `start_line`..`end_line`, exactly; IndexError when there are no such lines."""
        if not 1 <= start_line <= end_line <= len(self.original_lines):
            raise IndexError(f"lines {start_line}..{end_line} of {len(self.original_lines)}")
        return "\n".join(self.original_lines[start_line - 1 : end_line])


def _parse(text: str, title: str | None, hint: str | None) -> Lyrics:
    stored = cleaning.split_lines(text)
    cleaned = [cleaning.without_controls(line) for line in stored]
    sung = [n for n, line in enumerate(cleaned) if line.strip()]
    first, last = (sung[0], sung[-1]) if sung else (-1, -1)
    headed = False
    stanzas: list[list[Line]] = [[]]
    tags: list[tuple[str, int]] = []
    for n, line in enumerate(cleaned):
        if not line.strip():
            stanzas.append([])
            continue
        line = cleaning.without_site_marks(line, first=n == first, last=n == last, title=title, headed=headed)
        if n == first and not line.strip():
            # The whole line was a header: the next one may be its second half.
            first, headed = next((later for later in sung if later > n), -1), True
        kind, line = sections.split_tag(cleaning.without_homoglyphs(line))
        if kind is not None:
            tags.append((kind, n + 1))
            stanzas.append([])
        if _is_separator(cleaned, n, line):
            stanzas.append([])
        elif line.strip():
            line = line.strip()
            stanzas[-1].append(Line(n + 1, line, tokens.words(line)))
    kept = tuple(tuple(stanza) for stanza in stanzas if stanza)
    told = language.choose(hint, [line.words for stanza in kept for line in stanza])
    return Lyrics(tuple(stored), kept, _sections(kept, tags), told, title)


def _is_separator(cleaned: list[str], n: int, line: str) -> bool:
    """Rulers (* * *), notes and emoji alone are not sung, nor is a stanza's number between blank lines."""
    if not _WORDLIKE.search(line):
        return bool(line.strip())
    if not _NUMERAL.fullmatch(line):
        return False
    blank_before = n == 0 or not cleaned[n - 1].strip()
    blank_after = n + 1 < len(cleaned) and not cleaned[n + 1].strip()
    return blank_before and blank_after


def _sections(stanzas: tuple[tuple[Line, ...], ...], tags: list[tuple[str, int]]) -> tuple[Section, ...]:
    """Tagged parts; without tags each stanza is one, and a stanza sung again word for word is the chorus."""
    if not stanzas:
        return ()
    if not tags:
        sung = [tuple(line.words for line in stanza) for stanza in stanzas]
        times = Counter(sung)
        kinds = ["chorus" if times[words] > 1 and len(words) > 1 else "verse" for words in sung]
        return tuple(
            Section(kind, stanza[0].number, stanza[-1].number)
            for kind, stanza in zip(kinds, stanzas, strict=True)
        )
    numbers = [line.number for stanza in stanzas for line in stanza]
    starts = [("verse", 0), *tags]
    ends = [start for _, start in tags] + [numbers[-1] + 1]
    found: list[Section] = []
    for (kind, start), end in zip(starts, ends, strict=True):
        # A tag may share its line with the first sung words: [Chorus] la la la.
        inside = [n for n in numbers if start <= n < end]
        if inside:
            found.append(Section(kind, inside[0], inside[-1]))
    return tuple(found)
