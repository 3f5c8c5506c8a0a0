"""The stage before every analyzer: takes out what a lyrics site or a prank put in, and keeps the words.

Each function works on one stored line, so that a cleaned line still has its stored number.
"""

from __future__ import annotations

import re
import unicodedata

from app.lyrics import tokens

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# "12 ContributorsSong Title LyricsFirst words…": site header, often glued to the first sung words.
_CONTRIBUTORS = re.compile(
    r"^\s*\d[\d,.]*\s*Contributors?(?:\s*Translations?)?(?:.{0,200}?Lyrics(?:.{0,400}?Read More)?)?\s*"
)
_EMBED = re.compile(r"(?:^|(?<=\S))\s?\d+(?:\.\d+)?K?Embed\s*$|^\s*Embed\s*$|(?<=[^\s\d])Embed\s*$")
_SITE_NOISE = re.compile(r"You might also like|See .{1,60} LiveGet tickets as low as \$\d+")
_MAX_HEADER = 120
# What a site adds to a title or leaves out of it: (Remix), [Live], feat. somebody.
_BESIDE_TITLE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\b(?:feat|ft)\b.*", re.IGNORECASE)

_LATIN = "aceopxykmthbABCEHKMOPTXY"
_CYRILLIC = "асеорхукмтнвАВСЕНКМОРТХУ"
# к for k and т for t fool nobody in a whole word, but do among letters of the other script.
_EXACT_LATIN = "aceopxyABCEHKMOPTXY"
_EXACT_CYRILLIC = "асеорхуАВСЕНКМОРТХУіѕјԁһ"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC + "іѕјԁһ", _LATIN + "isjdh")
_MIXED_WORD = re.compile(r"[A-Za-z\u0400-\u052f]{2,}")
_LATIN_LETTER = re.compile(r"[A-Za-z]")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u052f]")
_PLAIN = re.compile(r"[\x20-\x7e\u0400-\u04ff]*")


def split_lines(text: str) -> list[str]:
    """Stored lines, numbered from 1 by their place: breaks are LF, CRLF and CR, and nothing else.

    `str.splitlines` would also break at form feeds and U+2028 and shift every later number.
    """
    return _LINE_BREAK.split(text)


def without_controls(line: str) -> str:
    """NFC text without control, format (zero-width, bidi) and unassigned characters, spaces plain."""
    if _PLAIN.fullmatch(line):
        return line
    composed = unicodedata.normalize("NFC", line)
    kept: list[str] = []
    for char in composed:
        category = unicodedata.category(char)
        if category[0] == "Z" or char == "\t":
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Cn", "Co", "Cs"):
            kept.append(char)
    return "".join(kept)


def without_site_marks(line: str, *, first: bool, last: bool, title: str | None, headed: bool = False) -> str:
    """`line` without the header and footer that lyrics sites glue to the first and last stored lines.

    "… Lyrics" is a header when it names the `title`, or when the line before was one (`headed`); a song may
    well begin with "these are my lyrics".
    """
    if first:
        line = _CONTRIBUTORS.sub("", line, count=1)
        if title:
            line = re.sub(rf"^\s*{re.escape(title)}\s+lyrics\b:?\s*", "", line, count=1, flags=re.IGNORECASE)
        if _is_header(line.strip(), title, headed):
            line = ""
    if last:
        line = _EMBED.sub("", line, count=1)
    if "You might also like" in line or "LiveGet tickets" in line:
        line = _SITE_NOISE.sub("", line)
    return line


def _is_header(line: str, title: str | None, headed: bool) -> bool:
    name = line.removesuffix(":").rstrip()
    if len(name) > _MAX_HEADER or not name.casefold().endswith(" lyrics"):
        return False
    return headed or (title is not None and _title(name[: -len(" lyrics")]) == _title(title))


def _title(text: str) -> tuple[str, ...]:
    return tokens.words(_BESIDE_TITLE.sub(" ", text)) or tokens.words(text)


def _restore(word: re.Match[str]) -> str:
    text = word.group()
    cyrillic = len(_CYRILLIC_LETTER.findall(text))
    if not cyrillic or cyrillic == len(text):
        return text
    # The script with letters that the other one lacks is the real one; a tie goes to the majority.
    latin_only = sum(char not in _LATIN for char in text if _LATIN_LETTER.match(char))
    cyrillic_only = sum(char not in _CYRILLIC + "іѕјԁһ" for char in text if _CYRILLIC_LETTER.match(char))
    if latin_only and cyrillic_only:
        return text
    to_cyrillic = cyrillic_only > latin_only or (cyrillic_only == latin_only and cyrillic * 2 >= len(text))
    return text.translate(_TO_CYRILLIC if to_cyrillic else _TO_LATIN)


def without_homoglyphs(line: str) -> str:
    """`line` with Cyrillic look-alikes inside Latin words made Latin, and the other way round.

    A word made of look-alikes alone takes the script of the rest of its line.
    """
    if not _CYRILLIC_LETTER.search(line) or not _LATIN_LETTER.search(line):
        return line
    line = _MIXED_WORD.sub(_restore, line)
    latin, cyrillic = len(_LATIN_LETTER.findall(line)), len(_CYRILLIC_LETTER.findall(line))
    if latin > 4 * cyrillic:
        return _MIXED_WORD.sub(lambda m: _if_all(m.group(), _TO_LATIN, _EXACT_CYRILLIC), line)
    if cyrillic > 4 * latin:
        return _MIXED_WORD.sub(lambda m: _if_all(m.group(), _TO_CYRILLIC, _EXACT_LATIN), line)
    return line


def _if_all(word: str, table: dict[int, int], alike: str) -> str:
    return word.translate(table) if all(char in alike for char in word) else word
