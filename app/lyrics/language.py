"""Which language a text is in, as a BCP 47 primary tag, and what a source's own label for it means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.lyrics import scripts, tongues

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
# The share of function words from which on a text is in their language.
_FUNCTION_WORDS = 0.18
# Russian has endings where English has small words.
_FUNCTION_WORDS_CYRILLIC = 0.09
# How many times the function words of another language a text must have not to be English after all.
_CLEARLY = 1.3
_CONFIDENT = 0.5
# Fewer different words than this don't refute a source's own label: la la la is in any language.
_MIN_KINDS = 8


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
    """The hint's language unless script or words contradict it; otherwise what `detect` finds.

    Only en and ru are doubted: they are what gets analysed, and numbers for another language are invented.
    """
    told = normalize(hint)
    if told in ("en", "ru") and _refuted(told, _sample(lines)):
        told = None
    return told or detect(lines)


def _refuted(told: str, words: Sequence[str]) -> bool:
    letters = "".join(words)
    share = scripts.cyrillic if told == "ru" else scripts.latin
    if letters and (scripts.own(letters) or share(letters) < 0.2):
        return True
    # In a song of two languages the other one's words say nothing about this one's.
    words = [word for word in words if share(word) > 0.5]
    if len(set(words)) < _MIN_KINDS:
        return False
    return _is_not_russian(words) if told == "ru" else _is_not_english(words)


def _is_not_english(words: Sequence[str]) -> bool:
    shares = tongues.shares(words, tongues.LATIN)
    best = max(shares.values())
    if best > _FUNCTION_WORDS / 2:
        return best > _CLEARLY * shares["en"]
    # No language's small words. Slang and shouts are at least words that English knows.
    if tongues.known_in_english(words) > 0.6:
        return False
    tag, confidence = tongues.classified(words, tongues.LATIN)
    return tag != "en" and confidence > 0.9


def _is_not_russian(words: Sequence[str]) -> bool:
    letters = "".join(words)
    shares = tongues.shares(words, _like_russian(letters))
    best = max(shares.values())
    return _is_foreign_to_russian(letters) or best > max(_FUNCTION_WORDS_CYRILLIC, _CLEARLY * shares["ru"])


def _is_foreign_to_russian(letters: str) -> bool:
    foreign = scripts.foreign_to_russian(letters)
    # A Russian song may name Київ; among letters that only Russian has it takes more to be another language.
    return foreign > (0.04 if scripts.only_russian(letters) else 0.01)


def detect(lines: Sequence[Sequence[str]]) -> str | None:
    """The language of `lines` (words in normal form); None when too short or evenly mixed.

    Script and function words settle English, Russian and their neighbours, archaic verse included, where a
    statistical model trained on modern prose goes astray; py3langid decides the rest among languages of the
    script.
    """
    words = _sample(lines)
    letters = "".join(words)
    own = scripts.own(letters)
    if own or len(words) < MIN_WORDS:
        return own
    cyrillic = scripts.cyrillic(letters)
    if 0.35 < cyrillic < 0.65 or not (cyrillic or scripts.latin(letters)):
        return None
    return _of_cyrillic(words, letters) if cyrillic >= 0.65 else _of_latin(words)


def _of_latin(words: Sequence[str]) -> str | None:
    shares = tongues.shares(words, tongues.LATIN)
    best = max(shares, key=lambda tag: shares[tag])
    if shares[best] > _FUNCTION_WORDS:
        if shares[best] > _CLEARLY * shares["en"]:
            return best
        if shares["en"] > _FUNCTION_WORDS:
            return "en"
    return _guess(words, tongues.LATIN)


def _of_cyrillic(words: Sequence[str], letters: str) -> str | None:
    among = _like_russian(letters)
    if scripts.is_old_russian(letters):
        words = [scripts.modern(word) for word in words]
    elif _is_foreign_to_russian(letters):
        if scripts.belarusian(letters):
            return "be"
        among = tuple(tag for tag in tongues.CYRILLIC if tag != "ru")
    shares = tongues.shares(words, among)
    best = max(shares, key=lambda tag: shares[tag])
    return best if shares[best] > _FUNCTION_WORDS_CYRILLIC else _guess(words, tongues.CYRILLIC)


def _like_russian(letters: str) -> tuple[str, ...]:
    """What a text in letters of Russian may be: the other neighbours have letters of their own everywhere."""
    return ("ru",) if scripts.not_bulgarian(letters) else ("ru", "bg")


def _guess(words: Sequence[str], script: tuple[str, ...]) -> str | None:
    tag, confidence = tongues.classified(words, script)
    return tag if confidence >= _CONFIDENT else None


def _sample(lines: Sequence[Sequence[str]]) -> list[str]:
    """Words of at most 120 lines, spread over the text: an introduction in another tongue mustn't decide."""
    step = max(1, len(lines) // 120)
    return [word for line in lines[::step][:120] for word in line[:200]]
