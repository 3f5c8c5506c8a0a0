from __future__ import annotations

from pathlib import Path

import pytest

from app.importers.entries import Record, Rejected, Unreadable
from app.importers.sources import open_source

HEADER = "title,artist,lyrics\n"


def read(tmp_path: Path, data: str | bytes) -> list[Record | Rejected]:
    path = tmp_path / "songs.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with open_source(path) as source:
        return list(source.entries)


def titles(found: list[Record | Rejected]) -> list[str]:
    return [entry.values["title"] for entry in found if isinstance(entry, Record)]


def rejected(found: list[Record | Rejected]) -> list[int]:
    return [entry.line for entry in found if isinstance(entry, Rejected)]


def test_verses_in_quotes_keep_their_lines(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + 'Rain,Ada,"it rains,\r\nand ""rains"""\r\nSun,Ada,it shines\r\n')
    assert found == [
        Record(2, {"title": "Rain", "artist": "Ada", "lyrics": 'it rains,\nand "rains"'}),
        Record(4, {"title": "Sun", "artist": "Ada", "lyrics": "it shines"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_byte_order_mark(tmp_path: Path, delimiter: str) -> None:
    rows = [["Title", "Artist", "Lyrics", "Release Date"], ["Дождь", "Ада", "дождь идёт", "1999"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    (entry,) = read(tmp_path, text.encode("utf-8-sig"))
    assert isinstance(entry, Record)
    assert entry.values["Release Date"] == "1999"
    assert entry.values["Title"] == "Дождь"


def test_a_quote_that_never_closes_loses_its_row_alone(tmp_path: Path) -> None:
    rows = "".join(f"Song {n},Ada,la la\n" for n in range(50))
    found = read(tmp_path, HEADER + rows + 'Broken,Ada,"la la\n' + rows)
    assert len(titles(found)) == 100
    assert rejected(found) == [52]


def test_an_endless_field_loses_its_row_alone(tmp_path: Path) -> None:
    rows = "".join(f"Song {n},Ada,{'la ' * 100}\n" for n in range(1000))
    found = read(tmp_path, HEADER + 'Broken,Ada,"la la\n' + rows)
    assert len(titles(found)) == 1000
    assert rejected(found) == [2]


def test_text_behind_a_closing_quote(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + 'Rain,Ada,"it "rains" here"\nSun,Ada,shines\n')
    assert titles(found) == ["Sun"]
    assert rejected(found) == [2]


def test_rows_of_another_length(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "Rain,Ada\n\n,,\nRain,Ada,a,b\nSun,Ada,shines\n")
    assert titles(found) == ["Sun"]
    assert rejected(found) == [2, 5]


def test_bytes_that_are_not_utf8_reject_their_row_alone(tmp_path: Path) -> None:
    found = read(
        tmp_path, HEADER.encode() + b'Rain,Ada,"one\ntw\xff\nthree"\nSun,Ada,shines\nCaf\xe9,Ada,x\n'
    )
    assert titles(found) == ["Sun"]
    assert rejected(found) == [2, 6]
    first = next(entry for entry in found if isinstance(entry, Rejected))
    assert first.reason.startswith("Line 3: Byte 3")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("title,artist\n", "no column lyrics"),
        ("name;singer\n", "no column title and no column artist"),
        ("title,artist,lyrics,Title\n", "Two columns"),
        ("title,artist,lyrics\ra,b,c\r", "CR alone"),
    ],
)
def test_unusable_headers(tmp_path: Path, header: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        read(tmp_path, header + "a,b,c\n")


def test_blank_lines_before_the_header_are_no_header(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "\n  \ntitle,artist,lyrics\na,b,c\n")
    assert row.line == 4


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "") == []
