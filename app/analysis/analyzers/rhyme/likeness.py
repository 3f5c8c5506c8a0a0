"""What the rhyme of two words amounts to, in either language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Likeness:
    """`odds` is the log-odds that a poet paired the two words; `strength` how alike they sound, 0..1.

    `syllables` counts those that the rhyme spans, from the stressed vowel to the end.
    """

    odds: float
    strength: float
    perfect: bool
    syllables: int


NONE = Likeness(-6.0, 0.0, False, 0)
