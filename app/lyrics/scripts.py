"""What the letters of a text alone tell about its language."""

from __future__ import annotations

import re

_OWN = (
    (re.compile(r"[\u0590-\u05ff]"), "he"), (re.compile(r"[\u0600-\u06ff]"), "ar"),
    (re.compile(r"[\u3040-\u30ff]"), "ja"), (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u4e00-\u9fff]"), "zh"), (re.compile(r"[\u0370-\u03ff]"), "el"),
    (re.compile(r"[\u0530-\u058f]"), "hy"), (re.compile(r"[\u10a0-\u10ff]"), "ka"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"), (re.compile(r"[\u0900-\u097f]"), "hi"),
)  # fmt: skip
_JAPANESE = re.compile(r"[\u3040-\u30ff]")
_LATIN = re.compile(r"[a-zà-ɏ]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
# Letters that Russian lacks, with the vowel ъ of Bulgarian, and letters that Bulgarian, Serbian, Macedonian
# and Ukrainian lack.
_NOT_RUSSIAN = re.compile(r"[іїєґўјљњћђџѓќѕәғқңөұүһҳҷӣӯҡҙҫҥӑӗӳ]|ъ(?=[бвгджзйклмнпрстфхцчшщ])")
_TURKIC = re.compile(r"[әғқңөұүһ]")
_SOFT_SIGN = re.compile(r"ь(?!о)")
_RUSSIAN_ONLY = re.compile(r"[ыэё]")
_OLD_RUSSIAN = re.compile(r"[ѣѵѳ]")
_MODERN = str.maketrans("ѣіѵѳ", "еииф")


def latin(letters: str) -> float:
    """Share of `letters` (casefolded) that are Latin ones."""
    return len(_LATIN.findall(letters)) / max(1, len(letters))


def cyrillic(letters: str) -> float:
    """Share of `letters` that are Cyrillic ones."""
    return len(_CYRILLIC.findall(letters)) / max(1, len(letters))


def own(letters: str) -> str | None:
    """The language whose script most letters are in, for scripts that one language of ours uses."""
    found = next((tag for script, tag in _OWN if len(script.findall(letters)) > len(letters) / 2), None)
    # Japanese is written with Chinese characters and its own between them.
    return "ja" if found == "zh" and len(_JAPANESE.findall(letters)) > len(letters) / 20 else found


def foreign_to_russian(letters: str) -> float:
    """Share of `letters` that Russian lacks; і was Russian while ѣ was."""
    return 0.0 if _OLD_RUSSIAN.search(letters) else len(_NOT_RUSSIAN.findall(letters)) / max(1, len(letters))


def only_russian(letters: str) -> bool:
    """Whether `letters` have those that Russian's neighbours lack as often as Russian has them."""
    return bool(_OLD_RUSSIAN.search(letters)) or len(_RUSSIAN_ONLY.findall(letters)) > len(letters) / 400


def not_bulgarian(letters: str) -> bool:
    """Whether `letters` are spelled as no Bulgarian is, whose ь stands only before о."""
    return only_russian(letters) or bool(_SOFT_SIGN.search(letters))


def belarusian(letters: str) -> bool:
    """Whether `letters` have ў, or і beside ы: Ukrainian has no ы, and Kazakh, with both, has others too."""
    return "ў" in letters or ("і" in letters and only_russian(letters) and not _TURKIC.search(letters))


def is_old_russian(letters: str) -> bool:
    """Whether `letters` are spelled as before 1918."""
    return bool(_OLD_RUSSIAN.search(letters))


def modern(word: str) -> str:
    """`Бѣлый`, `одинокій`, `въ` as they are spelled since 1918."""
    return word.translate(_MODERN).removesuffix("ъ")
