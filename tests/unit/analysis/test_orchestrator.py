"""The graph of analyzers, its joins and guards, and what bad input gives."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.analysis.analyzers import local_analyzers
from app.analysis.orchestrator import Orchestrator, UnknownAnalyzer
from app.analysis.profile import Profile
from app.analysis.results import ContentDetails, EmotionDetails, Evidence, Result, Sentiment, Status
from app.analysis.serialize import to_dict
from app.lyrics.text import Lyrics

NAMES = ("rhyme", "emotion", "themes", "vocabulary", "content")
VERSE = """[Verse 1]
I came up from the bottom with a notebook and a plan
Every line that I was dropping made me more of a man
They told me I was nothing so I wrote it on the wall
Now the happy city's dancing when they hear me make the call
"""


class Broken:
    """An analyzer that fails on every text, quoting it."""

    name = "broken"
    version = "1"
    title = description = "Broken"
    kind = "LOCAL"
    languages = ("en",)

    def analyze(self, lyrics: Lyrics) -> Result:
        raise ValueError(lyrics.quote(1, 1))


class Inventive(Broken):
    """An analyzer that quotes what isn't there."""

    name = "inventive"

    def analyze(self, lyrics: Lyrics) -> Result:
        quote = Evidence(1, 1, "never sung", "severity")
        return Result(Status.COMPLETED, ContentDetails(False, 0.0, []), evidence=(quote,))


@pytest.fixture(scope="module")
def orchestrator() -> Orchestrator:
    return Orchestrator(local_analyzers())


def test_all_analyzers_answer_in_order(orchestrator: Orchestrator) -> None:
    analysis = orchestrator.analyze(Lyrics.parse(VERSE))
    assert tuple(analysis.results) == NAMES
    assert set(analysis.durations_ms) == set(NAMES)
    assert {result.status for result in analysis.results.values()} == {Status.COMPLETED}
    assert analysis.profile is not None
    assert analysis.profile.analyzers == NAMES
    for value in (analysis.profile.technique, analysis.profile.vocabulary, analysis.profile.originality):
        assert value is not None
        assert 0 <= value <= 1


def test_chosen_analyzers_alone_run_and_the_profile_leaves_the_rest_open(orchestrator: Orchestrator) -> None:
    analysis = orchestrator.analyze(Lyrics.parse(VERSE), ["content", "rhyme"])
    assert tuple(analysis.results) == ("rhyme", "content")
    assert analysis.profile is not None
    assert analysis.profile.vocabulary is None
    assert analysis.profile.sentiment is None
    assert orchestrator.analyze(Lyrics.parse(VERSE), []).results == {}


def test_unknown_names_are_refused(orchestrator: Orchestrator) -> None:
    with pytest.raises(UnknownAnalyzer) as caught:
        orchestrator.analyze(Lyrics.parse(VERSE), ["rhyme", "horoscope"])
    assert caught.value.names == ("horoscope",)


def test_a_failing_analyzer_fails_alone_and_tells_no_lyrics(caplog: pytest.LogCaptureFixture) -> None:
    analysis = Orchestrator([Broken(), *local_analyzers()]).analyze(Lyrics.parse(VERSE))
    assert analysis.results["broken"].status is Status.FAILED
    assert analysis.results["rhyme"].status is Status.COMPLETED
    assert "Verse" not in (analysis.results["broken"].error or "") + caplog.text


def test_invented_quotes_fail() -> None:
    assert (
        Orchestrator([Inventive()]).analyze(Lyrics.parse(VERSE)).results["inventive"].status is Status.FAILED
    )


def test_serialized_results_are_plain_json_in_snake_case(orchestrator: Orchestrator) -> None:
    for result in orchestrator.analyze(Lyrics.parse(VERSE)).results.values():
        table = to_dict(result)
        assert json.loads(json.dumps(table)) == table
        assert list(table) == [
            "status",
            "sentiment",
            "themes",
            "scores",
            "labels",
            "evidence",
            "details",
            "error",
        ]
    rhyme = to_dict(orchestrator.analyze(Lyrics.parse(VERSE)).results["rhyme"])
    assert rhyme["details"]["scheme"] == ["a", "a", "b", "b"]
    assert rhyme["details"]["pairs"][0]["first_line"] == 2


def test_agreement_is_whole_when_nobody_takes_a_side(orchestrator: Orchestrator) -> None:
    profile = orchestrator.analyze(Lyrics.parse(VERSE), ["rhyme"]).profile
    assert profile is not None
    assert profile.agreement == 1


def test_no_completed_result_is_no_profile() -> None:
    assert Profile.of({}) is None
    assert Profile.of({"rhyme": Result.degraded("Too short.")}) is None


def test_a_text_that_names_no_emotion_has_no_mood_and_only_its_valence() -> None:
    details = EmotionDetails([], -0.4, 0.5, [-0.4])
    profile = Profile.of({"emotion": Result(Status.COMPLETED, details, sentiment=Sentiment.NEGATIVE)})
    assert profile is not None
    assert (profile.mood, profile.emotion) == (None, 0.4)


def test_importing_the_package_loads_no_model() -> None:
    code = (
        "import sys, app.analysis.analyzers, app.analysis.orchestrator; "
        "heavy = {'langchain_core', 'numpy', 'pymorphy3', 'py3langid', 'wordfreq'} & set(sys.modules); "
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
