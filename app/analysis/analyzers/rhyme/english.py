"""How alike two English words end, and how likely poets are to pair them."""

from __future__ import annotations

from functools import lru_cache

from app.analysis.analyzers.rhyme.likeness import NONE, Likeness
from app.analysis.analyzers.rhyme.phonemes_en import Reading, Syllable, ending

_VOWEL_KIN = {
    frozenset(pair.split()): value
    for pair, value in {
        "AA AO": 0.85, "AA AH": 0.6, "AO OW": 0.6, "AH UH": 0.6, "UH UW": 0.6, "AH UW": 0.45, "AH OW": 0.45,
        "EH IH": 0.5, "EH AE": 0.4, "IH IY": 0.5, "EY EH": 0.45, "EY IY": 0.3, "AH ER": 0.3, "AY IY": 0.3,
        "AO AH": 0.4, "AA AE": 0.4, "AW OW": 0.35, "ER AO": 0.3, "AH IH": 0.5, "ER AA": 0.3, "AY IH": 0.3, "ER EH": 0.3,
    }.items()
}  # fmt: skip
_CLASSES = ("P B", "T D", "K G", "F V TH DH", "S Z SH ZH", "CH JH", "M N NG", "L R", "W Y HH")
_CLASS = {phone: n for n, phones in enumerate(_CLASSES) for phone in phones.split()}


@lru_cache(maxsize=200_000)
def likeness(first: str, second: str) -> Likeness:
    """The best rhyme over both words' pronunciations."""
    if first == second:
        return Likeness(2.0, 1.0, False, 1)
    best = NONE
    for one in ending(first).readings:
        for two in ending(second).readings:
            found = _of_readings(one, two)
            if found.odds > best.odds:
                best = found
    return best


def _of_readings(one: Reading, two: Reading) -> Likeness:
    depth = min(one.rime, two.rime)
    scores = [_syllable(one.syllables[n], two.syllables[n]) for n in range(depth)]
    score = min(scores) * 0.7 + sum(scores) / depth * 0.3
    if one.rime != two.rime:
        score *= 0.85
    perfect = score > 0.99 and one.syllables[depth - 1].onset != two.syllables[depth - 1].onset
    return Likeness(10 * (score - 0.7), round(score, 4), perfect, depth)


def _syllable(one: Syllable, two: Syllable) -> float:
    vowel = 1.0 if one.vowel == two.vowel else _VOWEL_KIN.get(frozenset((one.vowel, two.vowel)), 0.0)
    return 0.6 * vowel + 0.4 * _coda(one.coda, two.coda) if vowel else 0.0


def _coda(one: tuple[str, ...], two: tuple[str, ...]) -> float:
    if one == two:
        return 1.0
    longest = max(len(one), len(two))
    alike = 0.0
    for a, b in zip(one[::-1], two[::-1], strict=False):
        alike += 1.0 if a == b else 0.5 if _CLASS.get(a) == _CLASS.get(b) else 0.0
    return alike / longest * 0.8
