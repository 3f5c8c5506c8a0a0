"""What English spelling tells about sound: suffixes, elisions, British forms, and letters one by one."""

from __future__ import annotations

import re
import unicodedata

Phones = tuple[str, ...]

SUFFIXES: tuple[tuple[str, Phones], ...] = (
    ("ing", ("IH0", "NG")), ("in", ("IH0", "N")), ("ingly", ("IH0", "NG", "L", "IY0")),
    ("lessly", ("L", "AH0", "S", "L", "IY0")), ("fully", ("F", "AH0", "L", "IY0")), ("ness", ("N", "AH0", "S")),
    ("less", ("L", "AH0", "S")), ("ful", ("F", "AH0", "L")), ("ly", ("L", "IY0")), ("est", ("AH0", "S", "T")),
    ("eth", ("AH0", "TH")), ("er", ("ER0",)), ("ers", ("ER0", "Z")), ("y", ("IY0",)), ("en", ("AH0", "N")),
    ("ish", ("IH0", "SH")), ("some", ("S", "AH0", "M")), ("like", ("L", "AY2", "K")), ("ment", ("M", "AH0", "N", "T")),
    ("ward", ("W", "ER0", "D")), ("th", ("TH",)), ("st", ("S", "T")), ("dom", ("D", "AH0", "M")),
    ("hood", ("HH", "UH2", "D")), ("ship", ("SH", "IH2", "P")), ("able", ("AH0", "B", "AH0", "L")), ("let", ("L", "AH0", "T")),
)  # fmt: skip
_ELIDED = {
    "o'er": ("oar", "over"), "e'er": ("air",), "ne'er": ("nair", "nare"), "e'en": ("een", "even"), "ev'ry": ("every",),
    "'tis": ("tis",), "'twas": ("twas",), "ta'en": ("tain",), "th'": ("the",), "o'": ("of",), "whate'er": ("whatever",),
    "where'er": ("wherever",), "howe'er": ("however",), "whene'er": ("whenever",), "whoe'er": ("whoever",),
    "soe'er": ("soever",), "i'": ("in",), "wi'": ("with",), "an'": ("and",), "ol'": ("old",), "lil'": ("little",),
    "heav'n": ("heaven",), "giv'n": ("given",), "fall'n": ("fallen",), "pow'r": ("power",), "flow'r": ("flower",),
    "hour": ("hour",), "'em": ("them",), "'scape": ("escape",), "mak'st": ("makest",),
}  # fmt: skip
_LETTERS: tuple[tuple[str, Phones], ...] = (
    ("tion", ("SH", "AH0", "N")), ("sion", ("ZH", "AH0", "N")), ("ture", ("CH", "ER0")), ("ough", ("AO1",)),
    ("augh", ("AO1",)), ("eigh", ("EY1",)), ("ight", ("AY1", "T")), ("igh", ("AY1",)), ("tch", ("CH",)), ("dge", ("JH",)), ("sch", ("SH",)),
    ("ch", ("CH",)), ("sh", ("SH",)), ("th", ("TH",)), ("ph", ("F",)), ("wh", ("W",)), ("ck", ("K",)), ("ng", ("NG",)),
    ("qu", ("K", "W")), ("kn", ("N",)), ("wr", ("R",)), ("gh", ("G",)), ("ee", ("IY1",)), ("ea", ("IY1",)),
    ("oo", ("UW1",)), ("ou", ("AW1",)), ("ow", ("OW1",)), ("oi", ("OY1",)), ("oy", ("OY1",)), ("ai", ("EY1",)),
    ("ay", ("EY1",)), ("au", ("AO1",)), ("aw", ("AO1",)), ("ie", ("IY1",)), ("oa", ("OW1",)), ("ue", ("UW1",)),
    ("ew", ("UW1",)), ("ui", ("UW1",)), ("ei", ("EY1",)), ("ey", ("IY1",)), ("ar", ("AA1", "R")), ("er", ("ER1",)),
    ("ir", ("ER1",)), ("ur", ("ER1",)), ("or", ("AO1", "R")), ("a", ("AE1",)), ("e", ("EH1",)), ("i", ("IH1",)),
    ("o", ("AA1",)), ("u", ("AH1",)), ("y", ("IY1",)), ("b", ("B",)), ("c", ("K",)), ("d", ("D",)), ("f", ("F",)),
    ("g", ("G",)), ("h", ("HH",)), ("j", ("JH",)), ("k", ("K",)), ("l", ("L",)), ("m", ("M",)), ("n", ("N",)),
    ("p", ("P",)), ("q", ("K",)), ("r", ("R",)), ("s", ("S",)), ("t", ("T",)), ("v", ("V",)), ("w", ("W",)),
    ("x", ("K", "S")), ("z", ("Z",)),
)  # fmt: skip
_MAGIC_E = re.compile(r"([aeiou])([bcdfgklmnprstvz])e$")
_LONG = {"a": "EY1", "e": "IY1", "i": "AY1", "o": "OW1", "u": "UW1"}
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
    if word.endswith("in'"):
        forms.append(word[:-1] + "g")
    if word.endswith("'s"):
        forms.append(word[:-2] + "s")
    forms += [word.replace("'", "e"), word.replace("'", ""), word.split("'")[0]]
    return tuple(form for form in forms if form)


def american(word: str) -> tuple[str, ...]:
    """American spellings of a British or an older form."""
    forms: list[str] = []
    for old, new in (
        ("our", "or"), ("is", "iz"), ("re", "er"), ("lled", "led"), ("lling", "ling"), ("ll", "l"), ("ae", "e"), ("oe", "e"),
        ("ence", "ense"), ("ogue", "og"), ("ck", "c"), ("xion", "ction"), ("y", "i"), ("ie", "y"), ("que", "k"), ("u", "v"), ("oul", "ol"),
    ):  # fmt: skip
        at = word.rfind(old)
        if at > 0:
            forms.append(word[:at] + new + word[at + len(old) :])
    if word.endswith("e"):
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
    """Letters by rule, the first vowel stressed; the last resort, good for what comes before a known ending."""
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
