"""The text of an API key: what is accepted, and what a typing slip gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy import key_format
from tenancy.key_format import ALPHABET, MalformedKey


def test_a_key_reads_back_as_it_was_made() -> None:
    key = key_format.generate("live")
    assert key_format.parse(key.text) == key
    assert key.text.startswith(f"rap_live_{key.key_id}_")
    assert len(key.secret) == 32
    assert key.secret not in key.prefix
    assert key.secret not in repr(key)


def test_no_two_keys_are_alike() -> None:
    keys = [key_format.generate("demo") for _ in range(200)]
    assert len({key.key_id for key in keys}) == len({key.secret for key in keys}) == 200


@given(st.integers(min_value=0, max_value=58), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(at: int, character: str) -> None:
    text = key_format.KeyText("live", "a" * 12, "B" * 32).text
    at = min(at, len(text) - 1)
    changed = text[:at] + character + text[at + 1 :]
    if changed != text:
        with pytest.raises(MalformedKey):
            key_format.parse(changed)


@pytest.mark.parametrize(
    "text", ["", "rap_live_", "Bearer x", "sk_live_" + "a" * 50, "rap_live_a_b", "é" * 60]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        key_format.parse(text)


def test_two_neighbours_swapped_are_noticed() -> None:
    key = key_format.generate("live")
    for at in range(9, len(key.text) - 1):
        swapped = key.text[:at] + key.text[at + 1] + key.text[at] + key.text[at + 2 :]
        if swapped != key.text:
            with pytest.raises(MalformedKey):
                key_format.parse(swapped)


def test_leaked_keys_are_found_in_text() -> None:
    key = key_format.generate("live")
    log = f'{{"header": "Bearer {key.text}", "other": "rap_live_short"}}'
    assert [match[0] for match in key_format.PATTERN.finditer(log)] == [key.text]
