"""How alike two English words end, and how likely poets are to pair them."""

from __future__ import annotations

from functools import lru_cache

from app.analysis import data
from app.analysis.analyzers.rhyme import features
from app.analysis.analyzers.rhyme.likeness import Likeness
from app.analysis.analyzers.rhyme.phonemes_en import Reading, Syllable, ending

# Vowels that are heard as near each other, 0..1; others count as `_UNLIKE`. Rhymes by tradition or by eye
# (death / beneath, have / grave, mind / join'd) are here as well: poets pair them, so they aren't nothing.
_VOWEL_KIN = {
    frozenset(pair.split()): value
    for pair, value in {
        "AA AO": 0.85, "AA AH": 0.6, "AO OW": 0.6, "AH UH": 0.6, "UH UW": 0.6, "AH UW": 0.45, "AH OW": 0.45,
        "EH IH": 0.5, "EH AE": 0.4, "IH IY": 0.5, "EY EH": 0.45, "EY IY": 0.3, "AH ER": 0.3, "AY IY": 0.5,
        "AO AH": 0.4, "AA AE": 0.4, "AW OW": 0.35, "ER AO": 0.3, "AH IH": 0.5, "ER AA": 0.3, "AY IH": 0.3,
        "UH AO": 0.75, "UW AO": 0.5, "UW OW": 0.5, "UH OW": 0.5, "AA OW": 0.5, "EH IY": 0.45, "EY AE": 0.45,
        "EH ER": 0.5, "IH ER": 0.5, "IY ER": 0.4, "AA EH": 0.3, "AE AO": 0.3, "AE AH": 0.4, "EH AH": 0.5,
        "EY IH": 0.35, "AW UW": 0.35, "AW AH": 0.35, "AW AO": 0.35, "AY OY": 0.6, "AO OY": 0.35, "EY AA": 0.3,
    }.items()
}  # fmt: skip
_UNLIKE = 0.15
_CLASSES = ("P B", "T D", "K G", "F V TH DH", "S Z SH ZH", "CH JH", "M N NG", "L R", "W Y HH")
_CLASS = {phone: n for n, phones in enumerate(_CLASSES) for phone in phones.split()}
_READINGS = 3
# Pairs of words come again within a song, seldom in another: more would fill memory with few hits.
_REMEMBERED = 20_000


@lru_cache(maxsize=1)
def _weights() -> tuple[dict[str, float], float]:
    table = data.json("rhyme_model.json")
    return {name: float(weight) for name, weight in table["pairs"].items()}, float(table["base"])


@lru_cache(maxsize=_REMEMBERED)
def odds(first: str, second: str) -> float:
    """Log-odds that the words rhyme, less those of any two line ends; -9..9, -9 for a word without sounds."""
    if first[-1:] != second[-1:] and _far(first, second):
        return -9.0
    weights, base = _weights()
    best = -9.0
    for one in ending(first).readings[:_READINGS]:
        for two in ending(second).readings[:_READINGS]:
            total = 0.0
            for name in features.of(first, second, one, two):
                total += weights.get(name, 0.0)
            best = max(best, total - base)
    return min(9.0, best)


def _far(first: str, second: str) -> bool:
    """Whether the last vowels differ and the last consonants aren't kin: weighing can be spared."""
    return not any(
        one.syllables[0].vowel == two.syllables[0].vowel or _kin(one.syllables[0].coda, two.syllables[0].coda)
        for one in ending(first).readings
        for two in ending(second).readings
    )


def _kin(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    if one and two:
        return _CLASS[one[-1]] == _CLASS[two[-1]]
    return one == two or "R" in one or "R" in two


def rhymes(first: str, second: str) -> bool:
    """Whether two words rhyme perfectly, a quick answer for the many pairs inside lines."""
    return first != second and any(
        one.key == two.key and one.syllables[one.rime - 1].onset != two.syllables[one.rime - 1].onset
        for one in ending(first).readings
        for two in ending(second).readings
    )


@lru_cache(maxsize=_REMEMBERED)
def likeness(first: str, second: str) -> Likeness:
    """The closest rhyme over both words' pronunciations; a word with itself is no rhyme but a repeat."""
    if first == second:
        return Likeness(1.0, False, 1)
    found = [
        _of_readings(one, two)
        for one in ending(first).readings[:_READINGS]
        for two in ending(second).readings[:_READINGS]
    ]
    return max(found, key=lambda one: (one.strength, one.perfect), default=Likeness(0.0, False, 0))


def _of_readings(one: Reading, two: Reading) -> Likeness:
    depth = min(one.rime, two.rime)
    scores = [_syllable(one.syllables[n], two.syllables[n]) for n in range(depth)]
    strength = min(scores) * 0.7 + sum(scores) / depth * 0.3
    if one.rime != two.rime:
        # One of the two takes its rhyme on an unstressed syllable: melody / be.
        strength *= 0.85
    if depth > 1:
        # Both may take it on an unstressed one: memory / eternity.
        strength = max(strength, scores[0] * 0.5)
    same_onset = one.syllables[depth - 1].onset == two.syllables[depth - 1].onset
    return Likeness(round(strength, 4), strength > 0.99 and not same_onset, depth)


def _syllable(one: Syllable, two: Syllable) -> float:
    vowel = 1.0 if one.vowel == two.vowel else _VOWEL_KIN.get(frozenset((one.vowel, two.vowel)), _UNLIKE)
    # The vowel of her holds an R that the one of there writes apart.
    first, second = (("R",) * (s.vowel == "ER" and vowel < 1) + s.coda for s in (one, two))
    if not first and not second:
        # Both end open: that nothing follows isn't a likeness.
        return vowel
    return 0.6 * vowel + 0.4 * _coda(first, second)


def _coda(one: tuple[str, ...], two: tuple[str, ...]) -> float:
    if one == two:
        return 1.0
    alike = 0.0
    for a, b in zip(one[::-1], two[::-1], strict=False):
        alike += 1.0 if a == b else 0.5 if _CLASS.get(a) == _CLASS.get(b) else 0.0
    return alike / max(len(one), len(two)) * 0.8
