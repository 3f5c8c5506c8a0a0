from __future__ import annotations

import gzip
import random

import pytest

from app.importers import splitting
from app.importers.splitting import Damaged, Gunzip, NotUtf8, Splitter, TooDense


def split(*chunks: bytes) -> list[bytes | str]:
    splitter = Splitter()
    found = [line for chunk in chunks for line in splitter.feed(chunk)]
    return [*found, *splitter.end()]


def gunzip(data: bytes, at_once: int) -> bytes:
    unzipping = Gunzip()
    pieces = [
        piece for at in range(0, len(data), at_once) for piece in unzipping.feed(data[at : at + at_once])
    ]
    assert max(map(len, pieces)) <= splitting.CHUNK_BYTES
    unzipping.end()
    return b"".join(pieces)


def test_lines_are_the_same_however_they_are_cut() -> None:
    data = b"\xef\xbb\xbfone\r\n\ntwo\nthree"
    for size in range(1, len(data) + 1):
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        assert split(*chunks) == [b"one", b"", b"two", b"three"], size


def test_a_line_without_end_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MAX_LINE_BYTES", 10)
    splitter = Splitter()
    for _ in range(100):
        assert list(splitter.feed(b"x" * 9)) == []
        assert len(splitter._rest) <= 10
    assert list(splitter.feed(b"\nnext\n")) == [splitting.TOO_LONG, b"next"]
    assert split(b"y" * 11) == [splitting.TOO_LONG]


def test_utf16_is_named() -> None:
    with pytest.raises(NotUtf8):
        split("{}\n".encode("utf-16"))


@pytest.mark.parametrize("at_once", [1, 100, 70_000, 10_000_000])
def test_members_one_after_the_other_are_one_text(at_once: int) -> None:
    chance = random.Random(1)
    texts = [bytes(chance.choices(b"abcdefgh \n", k=length)) for length in (5, 0, 150_000, 65_536)]
    size = at_once if at_once > 1 else 7
    assert gunzip(b"".join(map(gzip.compress, texts)), size) == b"".join(texts)


def test_what_is_cut_short_or_no_gzip_is_damaged() -> None:
    whole = gzip.compress(b"some lines\n" * 1000)
    for data in (whole[:-1], whole[: len(whole) // 2], b"{}\n", whole[:-8] + bytes(8)):
        with pytest.raises(Damaged):
            gunzip(data, 50)


def test_a_bomb_is_refused_before_it_is_large() -> None:
    bomb = gzip.compress(b"\n" * 200_000_000)
    unzipping, seen = Gunzip(), 0
    with pytest.raises(TooDense):
        for piece in unzipping.feed(bomb):
            seen += len(piece)
    assert seen < 2 * splitting.MAX_RATIO * len(bomb) + splitting.FREE_BYTES
