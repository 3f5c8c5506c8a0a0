"""What English spelling tells about sound: suffixes, elisions, British forms, and letters one by one."""

from __future__ import annotations

import re
import unicodedata

from app.analysis import data

Phones = tuple[str, ...]

_TABLES = data.toml("spelling.toml")


def _pairs(name: str) -> tuple[tuple[str, Phones], ...]:
    entries = (entry.split("=") for entry in _TABLES[name].split())
    return tuple((letters, tuple(sounds.split("."))) for letters, sounds in entries)


SUFFIXES = _pairs("suffixes")
_LETTERS = _pairs("letters")
_ELIDED = dict(_pairs("elided"))
_AMERICAN = tuple((old, new[0]) for old, new in _pairs("american"))
_MAGIC_E = re.compile(r"(?<![aeiou])([aeiou])([bcdfgklmnprstvz])e$")
_LONG = {"a": "EY1", "e": "IY1", "i": "AY1", "o": "OW1", "u": "UW1"}
VOICELESS_ENDS = frozenset({"P", "K", "F", "S", "SH", "CH"})
_SIBILANT = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOWEL_GROUPS = re.compile(r"[aeiouy]+")


def unaccented(word: str) -> str:
    """`belovèd` → `beloved`, `café` → `cafe`."""
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


def sounds_ed(word: str) -> bool:
    """Whether the accent says that a final -ed is a syllable (belovèd)."""
    return word.endswith(("èd", "éd"))


def unelided(word: str) -> tuple[str, ...]:
    """Full forms that an apostrophe may stand for, likeliest first: `lov'd`, `flow'rs`, `runnin'`."""
    if word in _ELIDED:
        return _ELIDED[word]
    forms: list[str] = []
    if "o'er" in word:
        full = word.replace("o'er", "over")
        forms += [full, *(unelided(full) if "'" in full else ())]
    if word.endswith("'s"):
        forms.append(word[:-2] + "s")
    forms += [word.replace("'", "e"), word.replace("'", ""), word.split("'")[0]]
    return tuple(form for form in forms if form)


def american(word: str) -> tuple[str, ...]:
    """American spellings of a British or an older form."""
    forms: list[str] = []
    for old, new in _AMERICAN:
        at = word.rfind(old)
        if at > 0:
            forms.append(word[:at] + new + word[at + len(old) :])
    if word.endswith("e") and not _MAGIC_E.search(word):
        forms.append(word[:-1])
    forms.append(word + "e")
    return tuple(forms)


def stems(stem: str) -> tuple[str, ...]:
    """Words that may have lost or changed a letter before a suffix: lov-, happi-, runn-."""
    forms = [stem, stem + "e"]
    if stem.endswith("i"):
        forms.insert(0, stem[:-1] + "y")
    if len(stem) > 3 and stem[-1] == stem[-2]:
        forms.insert(0, stem[:-1])
    # A doubled vowel letter or a blend before the suffix keeps its short form: hope + ing, hop + ping.
    if len(stem) > 2 and stem[-1] not in "aeiouywx" and stem[-2] in "aiou" and stem[-3] not in "aeiou":
        forms.insert(0, stem + "e")
    return tuple(dict.fromkeys(forms))


def plural(last: str) -> Phones:
    """The sounds of -s after a word that ends in `last`."""
    if last in _SIBILANT:
        return ("IH0", "Z")
    return ("S",) if last in ("P", "T", "K", "F", "TH") else ("Z",)


def past(last: str) -> Phones:
    """The sounds of -ed after a word that ends in `last`."""
    if last in ("T", "D"):
        return ("IH0", "D")
    return ("T",) if last in VOICELESS_ENDS or last == "TH" else ("D",)


def unstressed(phones: Phones) -> Phones:
    """`phones` without any stress."""
    return tuple(phone[:-1] + "0" if phone[-1].isdigit() else phone for phone in phones)


def vowel_groups(ending: str) -> int:
    """Sounded vowels in an ending, a silent final e left out."""
    groups = len(_VOWEL_GROUPS.findall(ending))
    silent = ending.endswith("e") and not ending.endswith(("le", "ee", "ye")) and groups > 1
    return groups - silent


def onset(ending: str) -> Phones:
    """Consonants before the first vowel letter of an ending."""
    found = _VOWEL_GROUPS.search(ending)
    return sounded(ending[: found.start()]) if found else ()


def magic_e(word: str) -> Phones:
    """Letters by rule when a silent e makes the last vowel long (repine, clime); else empty."""
    if not _MAGIC_E.search(word):
        return ()
    phones = sounded(word)
    last = max(n for n, phone in enumerate(phones) if phone[-1].isdigit())
    return tuple(p[:-1] + "0" if p[-1].isdigit() and n != last else p for n, p in enumerate(phones))


def sounded(letters: str) -> Phones:
    """Letters by rule, the first vowel stressed; good for what comes before a known ending."""
    magic = _MAGIC_E.search(letters)
    if magic:
        head, vowel = sounded(letters[: magic.start()]), _LONG[magic.group(1)]
        return (*head, vowel, *sounded(magic.group(2)))
    phones: list[str] = []
    at = 0
    while at < len(letters):
        for spelled, sound in _LETTERS:
            if letters.startswith(spelled, at):
                phones += sound if not phones or phones[-1] != sound[-1] else ()
                at += len(spelled)
                break
        else:
            at += 1
    stressed = False
    for n, phone in enumerate(phones):
        if phone[-1] == "1":
            if stressed:
                phones[n] = phone[:-1] + "0"
            stressed = True
    return tuple(phones)
