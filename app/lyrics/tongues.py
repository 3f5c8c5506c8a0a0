"""What the words of a text tell about its language: function words first, py3langid for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from app.lyrics.words import words as listed

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

Script = tuple[str, ...]
# Those with a list of function words; English and Russian come first, and win when shares are equal.
CYRILLIC: Script = ("ru", "uk", "be", "bg", "sr", "mk")
LATIN: Script = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "hr", "sv", "no", "ro", "tr", "hu", "fi", "id",
)  # fmt: skip
_LISTS = {tag: listed("function_words", tag) for tag in (*CYRILLIC, *LATIN)}
# And those that only the model knows.
_MORE = {
    CYRILLIC: ("kk", "ky", "mn", "tg", "tt"),
    LATIN: ("da", "sk", "sl", "et", "lv", "lt", "sq", "vi", "sw", "tl", "ca", "af", "is", "la"),
}


def shares(words: Sequence[str], among: Iterable[str]) -> dict[str, float]:
    """The share of `words` that are function words of each language."""
    return {tag: sum(word in _LISTS[tag] for word in words) / max(1, len(words)) for tag in among}


def classified(words: Sequence[str], script: Script) -> tuple[str, float]:
    """py3langid's guess among the languages of `script` (`LATIN` or `CYRILLIC`), and its probability."""
    tag, confidence = _identifier(script).classify(" ".join(words))
    return str(tag), float(confidence)


def known_in_english(words: Sequence[str]) -> float:
    """The share of `words` that wordfreq has among the usual English ones."""
    usual = _usual_english()
    return sum(word in usual for word in words) / max(1, len(words))


@lru_cache(maxsize=1)
def _usual_english() -> frozenset[str]:
    from wordfreq import get_frequency_dict

    return frozenset(get_frequency_dict("en", "small"))


@lru_cache(maxsize=2)
def _identifier(script: Script) -> LanguageIdentifier:
    # The model takes from 0.1 s to some seconds to load, and most texts never need it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*script, *_MORE[script]])
    return identifier
