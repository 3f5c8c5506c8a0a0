"""What a capitalised phrase names, by the words in it and beside it: lists of `names.toml`, and endings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from app.analysis import data, lemmas
from app.analysis.analyzers.themes.taxonomy import lexicon

_PATRONYMIC = re.compile(r"(?:ович|евич|ьич|овна|евна|инична)$")
_CONTRACTED = re.compile(r"(?:n't|'(?:m|re|ve|ll|d|t))$")


@cache
def listed(name: str) -> frozenset[str]:
    """One list of `names.toml`."""
    return frozenset(data.toml("names.toml")[name].split())


def base(word: str) -> str:
    """Lower case without a possessive 's; a Russian word's lemma."""
    plain = word.casefold().replace("’", "'").removesuffix("'s")
    return lemmas.russian(plain) if re.match("[а-яё]", plain) else plain


def is_function_word(word: str) -> bool:
    """Whether `word` is a pronoun, a preposition, a contraction of one, … and so never part of a name."""
    plain = word.casefold().replace("’", "'")
    head = plain.split("'")[0]
    return (
        base(word) in listed("function")
        or plain in listed("function")
        or (
            bool(_CONTRACTED.search(plain))
            and (head.removesuffix("n") in listed("function") or "n't" in plain)
        )
    )


def is_common(word: str) -> bool:
    """Whether a word says nothing of who is named: days, kin, notions, great and new, words of themes."""
    found = base(word)
    if any(found in listed(name) for name in ("places", "brands", "given")):
        return False
    if {found, found.removesuffix("s")} & (listed("common") | listed("before_places")):
        return True
    return bool(lexicon("ru" if re.match("[а-яё]", found) else "en").find(found))


def kind(bases: Sequence[str]) -> str:
    """person, place, brand, or name when nothing tells which; `bases` are those of the phrase's words."""
    several = len(bases) > 1
    # Harlow Street, but улица Ленина.
    if several and (
        bases[-1] in listed("streets") or (bases[0] in listed("streets") and not bases[0].isascii())
    ):
        return "place"
    if bases[-1] in listed("places") or (several and bases[0] in listed("before_grounds")):
        return "place"
    if bases[-1] in listed("brands") or bases[0] in listed("brands"):
        return "brand"
    if several and bases[0] in listed("titles"):
        return "person"
    if any(one in listed("given") or _PATRONYMIC.search(one) for one in bases):
        return "person"
    if several and bases[-1] in listed("grounds"):
        return "place"
    return "name"
