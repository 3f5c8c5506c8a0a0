from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.analysis.batch import Text, analyze
from app.analysis.serialize import to_dict
from tests.builders import UNNAMED
from tests.integration.cli.conftest import Cli
from tests.processes import children, survivors

VERSE = """I left my heart beside the sea
and no one kept the key for me
the water took it all away
and I am here another day"""


def lines(count: int) -> list[str]:
    return [json.dumps({"title": f"Song {n}", "artist": "Ada", "lyrics": VERSE}) for n in range(count)]


def test_answers_come_in_the_order_of_the_input(run: Cli, tmp_path: Path) -> None:
    file, output = tmp_path / "songs.jsonl", tmp_path / "out.jsonl"
    given = lines(20)
    given[3] = "[]"
    given[16] = json.dumps({"lyrics": " "})
    given[17] = json.dumps({"title": "No words at all", "artist": "Ada"})
    file.write_text("\n".join(given))
    outcome = run("analyze", str(file), "--analyzers", "rhyme,emotion", "--output", str(output))
    assert outcome.status == 0
    answers = [json.loads(line) for line in output.read_text().splitlines()]
    assert [answer.get("title") for answer in answers] == [
        None if n in (3, 16, 17) else f"Song {n}" for n in range(20)
    ]
    assert answers[3] == {
        "line": 4,
        "error": "The line is an array, not an object: it takes one song a line.",
    }
    assert answers[16]["analyses"]["rhyme"]["status"] == "DEGRADED"
    assert answers[17] == {"line": 18, "error": "There are no lyrics, or they are no text."}
    assert set(answers[0]["analyses"]) == {"rhyme", "emotion"}
    text = Text(json.loads(given[5])["lyrics"], "Song 5")
    ((_, expected),) = analyze([text], ["rhyme"])
    told = json.loads(json.dumps(to_dict(expected.results["rhyme"])))
    assert answers[5]["analyses"]["rhyme"] == told
    assert answers[5]["analyses"]["rhyme"]["details"]["scheme"] == ["a", "a", "b", "b"]


def test_all_five_to_stdout(run: Cli, tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    file.write_text(f'Title,Artist,Lyrics\nRain,Ada,"{VERSE}"\n')
    outcome = run("analyze", str(file), "--processes", "1")
    assert set(json.loads(outcome.out)["analyses"]) == {"rhyme", "emotion", "themes", "vocabulary", "content"}


def test_themes_are_judged_by_meaning_unless_words_are_to_do_alone(run: Cli, tmp_path: Path) -> None:
    file = tmp_path / "songs.jsonl"
    file.write_text(json.dumps({"lyrics": UNNAMED, "language": "en"}))

    def themes(*options: str) -> list[str]:
        outcome = run("analyze", str(file), "--analyzers", "themes", "--processes", "1", *options)
        details = json.loads(outcome.out)["analyses"]["themes"]["details"]
        return [theme["name"] for theme in details["themes"]]

    assert "migration" in themes()
    assert "migration" not in themes("--words-alone")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.jsonl",), "There is no file"),
        (("songs.jsonl", "--output", "songs.jsonl"), "is the input itself"),
        (("songs.jsonl", "--output", "."), "is a folder"),
        (("songs.jsonl", "--output", "no/such/out.jsonl"), "can't be written"),
    ],
)
def test_what_can_not_be_done(
    run: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "songs.jsonl").write_text("\n".join(lines(1)))
    outcome = run("analyze", *arguments)
    assert outcome.status == 1
    assert told in outcome.err
    assert (tmp_path / "songs.jsonl").read_text() == "\n".join(lines(1))


@pytest.mark.parametrize("names", ["rhyme,mood", ","])
def test_analyzers_that_there_are_not(run: Cli, tmp_path: Path, names: str) -> None:
    outcome = run("analyze", str(tmp_path / "songs.jsonl"), "--analyzers", names)
    assert outcome.status == 2
    assert "there are rhyme" in " ".join(outcome.err.replace("│", " ").split())


def test_what_stood_in_the_output_stays_until_there_is_better(run: Cli, tmp_path: Path) -> None:
    file, output = tmp_path / "songs.csv", tmp_path / "out.jsonl"
    output.write_text("earlier")
    file.write_text("nothing,known\n1,2\n")
    assert run("analyze", str(file), "--output", str(output)).status == 1
    assert output.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "songs.csv"]


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_killing_it_leaves_no_process(tmp_path: Path) -> None:
    file = tmp_path / "songs.jsonl"
    file.write_text("\n".join(lines(5000)))
    command = [sys.executable, "-m", "app.cli", "analyze", str(file), "--output", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        started: set[int] = set()
        while len(started) < 2:  # one that analyses, and multiprocessing's resource tracker
            assert process.poll() is None
            time.sleep(0.05)
            started = children(process.pid)
        process.send_signal(signal.SIGKILL)
    assert survivors(started) == set()
