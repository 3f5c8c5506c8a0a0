from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from app.importers import lines as lines_module
from app.importers import splitting
from app.importers.entries import Record, Rejected, Unreadable
from app.importers.sources import open_source

GOOD = b'{"title": "Rain", "artist": "Ada", "lyrics": "it rains"}'


def read(path: Path) -> list[Record | Rejected]:
    with open_source(path) as source:
        return list(source.entries)


def written(tmp_path: Path, data: bytes, name: str = "songs.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_bad_lines_are_named_and_good_ones_kept(tmp_path: Path) -> None:
    bad = [b"{", b"[1]", b"7", b'"x"', b"null", b'{"title": "\xff"}', b'{"n": NaN}', b'{"s": "\\ud800"}']
    found = read(written(tmp_path, b"\n".join([GOOD, *bad, b"  ", GOOD])))
    assert [type(entry) for entry in found] == [Record, *[Rejected] * len(bad), Record]
    assert [entry.line for entry in found] == [*range(1, 10), 11]


def test_a_reason_says_what_the_line_is(tmp_path: Path) -> None:
    reasons = [e.reason for e in read(written(tmp_path, b'[1]\n{"a"')) if isinstance(e, Rejected)]
    assert "an array, not an object" in reasons[0]
    assert "not JSON" in reasons[1]


def test_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    found = read(written(tmp_path, b"\xef\xbb\xbf" + GOOD + b"\r\n" + GOOD))
    assert [type(entry) for entry in found] == [Record, Record]


def test_utf16_is_unreadable_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="UTF-16"):
        read(written(tmp_path, GOOD.decode().encode("utf-16")))


def test_a_line_without_end_is_rejected_and_the_next_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(lines_module, "CHUNK_BYTES", 100)
    found = read(written(tmp_path, b'{"lyrics": "' + b"x" * 5000 + b'"}\n' + GOOD))
    assert isinstance(found[0], Rejected)
    assert found[1] == Record(2, {"title": "Rain", "artist": "Ada", "lyrics": "it rains"})


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, gzip.compress(GOOD), "songs.jsonl"))) == 1
    assert len(read(written(tmp_path, GOOD, "songs.jsonl.gz"))) == 1


def test_a_cut_gzip_keeps_the_lines_before(tmp_path: Path) -> None:
    # Random hex hardly compresses, so that a good part of it comes before the cut.
    import random

    noise = random.Random(1)
    lines = [GOOD[:-1] + b', "n": "%x"}' % noise.getrandbits(4000) for _ in range(200)]
    whole = gzip.compress(b"\n".join(lines))
    found = read(written(tmp_path, whole[: len(whole) // 2], "songs.jsonl.gz"))
    assert sum(isinstance(entry, Record) for entry in found) > 50
    last = found[-1]
    assert isinstance(last, Rejected)
    assert "cut short" in last.reason


def test_a_wrong_checksum_is_told(tmp_path: Path) -> None:
    damaged = bytearray(gzip.compress(GOOD))
    damaged[-8] ^= 0xFF
    found = read(written(tmp_path, bytes(damaged), "songs.jsonl.gz"))
    assert [type(entry) for entry in found] == [Record, Rejected]


def test_damage_inside_is_told(tmp_path: Path) -> None:
    found = read(written(tmp_path, gzip.compress(GOOD)[:10] + b"\xff" * 20, "songs.jsonl.gz"))
    assert [type(entry) for entry in found] == [Rejected]


@pytest.mark.parametrize("name", ["songs.txt", "songs", "songs.gz"])
def test_other_kinds_of_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable, match="Rename or convert"):
        read(written(tmp_path, GOOD, name))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no file"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(Unreadable, match="folder"):
        read(tmp_path / "folder.jsonl")
