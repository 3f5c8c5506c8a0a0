"""Which language a text is in, as a BCP 47 primary tag, and what a source's own label for it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from app.lyrics.words import words as listed

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Fewer words than this and a guess is mostly noise: titles and shouts fit several languages.
MIN_WORDS = 4
_NAMES = {
    "english": "en", "eng": "en", "английский": "en", "russian": "ru", "rus": "ru", "русский": "ru",
    "ukrainian": "uk", "ukr": "uk", "українська": "uk", "belarusian": "be", "german": "de", "deutsch": "de",
    "deu": "de", "ger": "de", "french": "fr", "français": "fr", "fra": "fr", "fre": "fr", "spanish": "es",
    "español": "es", "spa": "es", "italian": "it", "italiano": "it", "ita": "it", "portuguese": "pt",
    "português": "pt", "por": "pt", "polish": "pl", "polski": "pl", "pol": "pl", "turkish": "tr",
    "korean": "ko", "japanese": "ja", "chinese": "zh", "arabic": "ar", "kazakh": "kk", "dutch": "nl",
}  # fmt: skip
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*")
_UNKNOWN = frozenset({"und", "mul", "zxx", "mis"})
_ENGLISH = listed("function_words", "en")
_RUSSIAN = listed("function_words", "ru")
_FUNCTION_WORDS = 0.18
_CONFIDENT = 0.5
_LATIN = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "sv",
    "da",
    "no",
    "fi",
    "cs",
    "ro",
    "hu",
    "tr",
    "id",
    "la",
)
_CYRILLIC = ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn")
_OWN_SCRIPT = (
    (re.compile(r"[\u0590-\u05ff]"), "he"), (re.compile(r"[\u0600-\u06ff]"), "ar"),
    (re.compile(r"[\u3040-\u30ff]"), "ja"), (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u4e00-\u9fff]"), "zh"), (re.compile(r"[\u0370-\u03ff]"), "el"),
    (re.compile(r"[\u0530-\u058f]"), "hy"), (re.compile(r"[\u10a0-\u10ff]"), "ka"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"), (re.compile(r"[\u0900-\u097f]"), "hi"),
)  # fmt: skip


def normalize(label: str | None) -> str | None:
    """The BCP 47 primary tag that a source's label means ("ru-RU", "English", "rus"), or None."""
    if label is None:
        return None
    label = label.strip().casefold()
    if label in _NAMES:
        return _NAMES[label]
    tag = _TAG.fullmatch(label)
    if not tag or tag.group(1) in _UNKNOWN:
        return None
    # Three letters are a tag of their own only where ISO 639-1 has none; the ones we know are named above.
    return _NAMES.get(tag.group(1), tag.group(1))


def choose(hint: str | None, lines: Sequence[Sequence[str]]) -> str | None:
    """The hint's language unless the script contradicts it; otherwise what `detect` finds."""
    told = normalize(hint)
    if told in ("en", "ru"):
        cyrillic = _cyrillic_share("".join(word for line in lines[:60] for word in line))
        if (told == "en" and cyrillic > 0.8) or (told == "ru" and cyrillic < 0.2):
            told = None
    return told or detect(lines)


def detect(lines: Sequence[Sequence[str]]) -> str | None:
    """The language of `lines` (words in normal form); None when too short or evenly mixed.

    Script and function words settle English and Russian, archaic verse included, where a statistical
    model trained on modern prose goes astray; py3langid decides the rest among languages of the script.
    """
    words = [word for line in _sample(lines) for word in line]
    if len(words) < MIN_WORDS:
        return None
    letters = "".join(words)
    for script, tag in _OWN_SCRIPT:
        if len(script.findall(letters)) > len(letters) / 2:
            return tag
    cyrillic = _cyrillic_share(letters)
    if 0.35 < cyrillic < 0.65:
        return None
    if cyrillic >= 0.65:
        if not re.search(r"[іїєґўјљњћђџәғқңөұүһ]", letters) and _share(words, _RUSSIAN) > _FUNCTION_WORDS / 2:
            return "ru"
        return _classify(" ".join(words), _CYRILLIC)
    if _share(words, _ENGLISH) > _FUNCTION_WORDS:
        return "en"
    if not re.search(r"[a-zà-ɏ]", letters):
        return None
    return _classify(" ".join(words), _LATIN)


def _sample(lines: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """At most 120 lines, spread over the text: an introduction in another language must not decide."""
    step = max(1, len(lines) // 120)
    return [line[:200] for line in lines[::step][:120]]


def _share(words: Sequence[str], of: frozenset[str]) -> float:
    return sum(word in of for word in words) / len(words)


def _cyrillic_share(letters: str) -> float:
    return sum("\u0400" <= char <= "\u052f" for char in letters) / max(1, len(letters))


def _classify(text: str, among: tuple[str, ...]) -> str | None:
    tag, confidence = _identifier(among).classify(text)
    return str(tag) if confidence >= _CONFIDENT else None


@lru_cache(maxsize=2)
def _identifier(among: tuple[str, ...]) -> LanguageIdentifier:
    # The model takes about 0.1 s to load, and most texts never need it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(among))
    return identifier
