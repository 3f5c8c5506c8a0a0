"""How alike two words sound from their stressed vowels on, in either language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Likeness:
    """`strength` is 0..1, 1 for the same sounds; `perfect` means those after different ones, a rhyme proper.

    A repeat (the same word) and an English homophone (night / knight, leave / believe) have strength 1 and
    are `identical`, neither perfect nor slant; Russian verse takes rich rhymes for perfect ones. `syllables`
    counts those that the rhyme spans, from the stressed vowel to the end.
    """

    strength: float
    perfect: bool
    syllables: int

    @property
    def identical(self) -> bool:
        """Whether the sounds agree from before the rhyme on, so that nothing rhymes."""
        return self.strength == 1 and not self.perfect
