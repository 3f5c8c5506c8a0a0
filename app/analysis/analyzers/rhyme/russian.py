"""How alike two Russian words end, from spelling: reduced vowels, devoiced consonants, ё, -ого, -тся.

No stress dictionary: the stress is taken where the two words sound alike over the most syllables, since
poets place rhymes so, save on endings that are never stressed (-ый, -ая, -ость, …).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.analysis.analyzers.rhyme.likeness import Likeness
from app.analysis.analyzers.rhyme.phonemes_ru import Sounds, devoiced, sounds

MAX_SYLLABLES = 4
# Pairs of words come again within a song, seldom in another: more would fill memory with few hits.
_REMEMBERED = 20_000
# Below this two ends have little but the stressed vowel in common.
_LEAST = 0.3
# What a rhyme loses by each vowel after the stress that sounds otherwise: they are short and weak.
_AFTER_STRESS = 0.2
_CUT_OFF = 0.3
# Most texts print е for ё, so that весёлый and умён look otherwise than they sound.
_HIDDEN_YO = 0.97


@dataclass(frozen=True, slots=True)
class _Match:
    """A rhyme on one place of the stress: how alike, over how many syllables, how likely meant."""

    strength: float
    syllables: int
    odds: float


_NO_MATCH = _Match(0.0, 0, -6.0)


@lru_cache(maxsize=_REMEMBERED)
def _best(first: str, second: str) -> _Match:
    one, two = sounds(first), sounds(second)
    best = _NO_MATCH
    for k in range(min(len(one.vowels), len(two.vowels), MAX_SYLLABLES)):
        if _may_stress(one, k) and _may_stress(two, k):
            found = _at(one, two, k)
            if found.strength > 0 and found.strength >= best.strength:
                best = found
    return best


def odds(first: str, second: str) -> float:
    """Log-odds that the words are meant as a rhyme, by rule; -6 where no stress makes them alike."""
    return 2.0 if first == second else _best(first, second).odds


def rhymes(first: str, second: str) -> bool:
    """Whether two words sound alike from a stressed vowel on, a quick answer for pairs inside lines.

    Endings of grammar (-ать, -ого) echo everywhere: two syllables must agree, or a whole short word.
    """
    one, two = sounds(first), sounds(second)
    if first == second or one.groups[0] != two.groups[0] or one.reduced[:1] != two.reduced[:1]:
        return False
    found = _best(first, second)
    short = found.syllables in (len(one.vowels), len(two.vowels))
    return found.strength > 0.99 and (found.syllables > 1 or short)


def likeness(first: str, second: str) -> Likeness:
    """The closest rhyme over the stresses that both words allow; a word with itself is a repeat."""
    if first == second:
        return Likeness(1.0, False, 1)
    best = _best(first, second)
    if not best.syllables:
        return Likeness(_faint(sounds(first), sounds(second)), False, 1)
    return Likeness(best.strength, best.strength > 0.99, best.syllables)


def _faint(one: Sounds, two: Sounds) -> float:
    """Below .5, the least of a rhyme: what the last vowels and consonants share where no stress rhymes."""
    if not one.vowels or not two.vowels:
        return 0.0
    vowel = 0.25 if one.reduced[0] == two.reduced[0] else 0.0
    return round(vowel + 0.2 * (1 - _difference(one.groups[0], two.groups[0])), 4)


def _may_stress(word: Sounds, k: int) -> bool:
    if word.stress is not None:
        return k == word.stress
    return not (k == 0 and word.unstressed_end)


def _at(one: Sounds, two: Sounds, k: int) -> _Match:
    """The match when the k-th vowel from the end carries the stress in both words."""
    score = 1.0
    if one.vowels[k] != two.vowels[k]:
        if not (one.hidden_yo[k] or two.hidden_yo[k]) or {one.vowels[k], two.vowels[k]} != {"о", "э"}:
            return _NO_MATCH
        score = _HIDDEN_YO
    for n in range(k):
        if one.reduced[n] != two.reduced[n]:
            score -= _AFTER_STRESS
    for n in range(k + 1):
        lost = _difference(one.groups[n], two.groups[n])
        # стужи / ужин: verse since Blok takes rhymes whose unstressed end lacks a consonant.
        cut = n == 0 < k and not (one.groups[0] and two.groups[0])
        score -= min(lost, _CUT_OFF) if cut else lost
    if k == 0:
        score = _masculine(one, two, score)
    if score < _LEAST:
        return _NO_MATCH
    sure = len(one.vowels) == k + 1 or len(two.vowels) == k + 1 or one.stress is not None
    # Alike over three sounds or more is seldom chance; a lone vowel and consonant often is.
    length = sum(len(group) for group in one.groups[: k + 1]) + k + 1
    if k == 0 and not one.groups[0]:
        length += _shared_support(one, two)
    meant = 9 * (score - 0.72) + min(2.0, 0.6 * (length - 2)) + (0.6 if sure else -0.4)
    return _Match(round(score, 4), k + 1, meant)


def _masculine(one: Sounds, two: Sounds, score: float) -> float:
    before = (
        (one.groups[1][-1:], two.groups[1][-1:]) if len(one.groups) > 1 and len(two.groups) > 1 else ("", "")
    )
    plain = (one.groups[1].rstrip("ь")[-1:], two.groups[1].rstrip("ь")[-1:])
    if not one.groups[0] and not two.groups[0]:
        # An open ending rhymes in Russian only with its supporting consonant: весна / она, not весна / вода.
        return score if plain[0] == plain[1] or before[0] == before[1] else score - 0.45
    polysyllables = len(one.vowels) > 1 and len(two.vowels) > 1 and one.stress is None and two.stress is None
    if polysyllables and plain[0] != plain[1] and len(one.groups[0]) < 2:
        score -= 0.1
    return score


def _shared_support(one: Sounds, two: Sounds) -> int:
    """How many consonants before an open ending agree: крыльцу / кольцу 3."""
    if len(one.groups) < 2 or len(two.groups) < 2:
        return 0
    shared = 0
    for a, b in zip(reversed(one.groups[1]), reversed(two.groups[1]), strict=False):
        if a != b:
            break
        shared += 1
    return shared


def _difference(one: str, two: str) -> float:
    """0 for the same consonants; .1 for softness alone, .12 for a final й, .25 for kin, more for others."""
    if one == two:
        return 0.0
    if one.replace("ь", "") == two.replace("ь", ""):
        return 0.1
    if one.rstrip("й") == two.rstrip("й"):
        return 0.12
    if devoiced(one) == devoiced(two):
        return 0.15
    common = max(
        sum(a == b for a, b in zip(one[::-1], two[::-1], strict=False)),
        sum(a == b for a, b in zip(one, two, strict=False)),
    )
    longest = max(len(one), len(two))
    return 0.25 + 0.3 * (1 - common / longest)
