"""What may speak for or against two English readings rhyming, as names of features to weigh."""

from __future__ import annotations

import re

from app.analysis.analyzers.rhyme.phonemes_en import Reading, Syllable

_TAIL = re.compile(r"[aeiouy]+[^aeiouy]*e?s?$|[aeiouy]+$")


def of(first: str, second: str, one: Reading, two: Reading) -> list[str]:
    """Names of the features that hold for a pair of readings, whichever word comes first."""
    if first == second:
        return ["same word"]
    a, b = one.syllables, two.syllables
    shared = 0
    while shared < min(len(a), len(b)) and _alike(a[shared], b[shared]):
        shared += 1
    depth = max(one.rime, two.rime)
    found = ["bias"]
    vowel, coda = _vowels(a[0], b[0]), _codas(a[0].coda, b[0].coda)
    stresses = f"{min(a[0].stress, 1)}{min(b[0].stress, 1)}"
    stresses = stresses if stresses != "01" else "10"
    kind = "full" if shared >= depth else f"{shared}"
    found.append(f"rime {kind} of {one.rime if one.rime == two.rime else 'uneven'}")
    found.append(f"stress {stresses} {'same' if not vowel and not coda else 'unlike'}")
    found += [f"vowel {vowel or '='}", f"coda {coda or '='}"]
    if vowel and coda:
        found.append("vowel and coda differ")
    elif vowel:
        found.append(f"vowel {vowel} alone {'open' if not a[0].coda else 'closed'}")
    elif coda:
        found.append(f"coda {coda} alone")
    else:
        found.append("open" if not a[0].coda else "closed")
    if depth > 1 and len(a) > 1 and len(b) > 1:
        inner_vowel, inner = _vowels(a[1], b[1]), "=" if a[1].coda == b[1].coda else "differs"
        found.append(f"penult {'=' if not inner_vowel else 'differs'} {inner} {stresses}")
        if stresses == "00":
            found.append(f"penult vowel {inner_vowel or '='}")
    if not vowel and not coda and a[0].onset == b[0].onset:
        found.append(f"same onset {stresses}")
    found += _spelling(first, second, vowel, coda)
    return found


def _alike(a: Syllable, b: Syllable) -> bool:
    return a.vowel == b.vowel and a.coda == b.coda


def _vowels(a: Syllable, b: Syllable) -> str:
    return "" if a.vowel == b.vowel else "-".join(sorted((a.vowel, b.vowel)))


def _codas(a: tuple[str, ...], b: tuple[str, ...]) -> str:
    """ "" when the same, else what is left after the common end, such as `T-` or `S-Z`."""
    if a == b:
        return ""
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    return "/".join(sorted((" ".join(a), " ".join(b))))


def _spelling(first: str, second: str, vowel: str, coda: str) -> list[str]:
    common = 0
    for x, y in zip(reversed(first), reversed(second), strict=False):
        if x != y:
            break
        common += 1
    sound = "unlike" if vowel or coda else "same"
    found = [f"letters {min(common, 5)} {sound}"]
    one, two = _TAIL.search(first), _TAIL.search(second)
    if one and two and one.group() == two.group():
        found.append(f"tail {min(len(one.group()), 4)} {sound}")
    return found
