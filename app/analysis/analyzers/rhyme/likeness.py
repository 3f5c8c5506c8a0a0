"""How alike two words sound from their stressed vowels on, in either language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Likeness:
    """`strength` is 0..1; `perfect` means the same sounds after different ones, as rhyme is defined.

    `syllables` counts those that the rhyme spans, from the stressed vowel to the end.
    """

    strength: float
    perfect: bool
    syllables: int
