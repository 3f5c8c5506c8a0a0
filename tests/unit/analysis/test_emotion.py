"""Feelings, their negation and strength, sentiment and its course."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.emotion.analyzer import EmotionAnalyzer
from app.analysis.analyzers.emotion.lexicons import lexicons
from app.analysis.results import EmotionDetails, Result, Sentiment, Status
from app.lyrics.text import Lyrics


def analyze(text: str, language: str = "en") -> Result:
    return EmotionAnalyzer().analyze(Lyrics.parse(text, language=language))


def details(text: str, language: str = "en") -> EmotionDetails:
    found = analyze(text, language).details
    assert isinstance(found, EmotionDetails)
    return found


JOY = "We laugh and dance, our happy hearts delight\nThe joyful music carries us, a wonderful night"
GRIEF = "I weep alone, my sorrow and my grief\nThe tears of mourning fall without relief"
RU_JOY = "Мы смеёмся и танцуем, счастье и восторг\nРадость светит, солнце в сердце, праздник у дверей"
RU_GRIEF = "Плачу от тоски, печаль и горе\nСлёзы, одиночество и боль разлуки"


@pytest.mark.parametrize(
    ("text", "language", "emotion", "sentiment"),
    [
        (JOY, "en", "joy", Sentiment.POSITIVE),
        (GRIEF, "en", "sadness", Sentiment.NEGATIVE),
        (RU_JOY, "ru", "joy", Sentiment.POSITIVE),
        (RU_GRIEF, "ru", "sadness", Sentiment.NEGATIVE),
        ("I hate you, rage and fury, I want my revenge on enemies", "en", "anger", Sentiment.NEGATIVE),
        ("Ненавижу, ярость и злость, враги, я отомщу", "ru", "anger", Sentiment.NEGATIVE),
        ("Horror and terror, I tremble afraid of the nightmare", "en", "fear", Sentiment.NEGATIVE),
    ],
)
def test_the_strongest_feeling(text: str, language: str, emotion: str, sentiment: Sentiment) -> None:
    result = analyze(text, language)
    assert isinstance(result.details, EmotionDetails)
    assert result.details.emotions[0].name == emotion
    assert result.sentiment is sentiment
    assert any(quote.supports == emotion for quote in result.evidence)


def test_negation_turns_a_feeling() -> None:
    plain = details("I am happy and glad and full of joy today")
    negated = details("I am not happy, never glad, no joy today")
    assert plain.valence > 0.3
    assert negated.valence < 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Никогда не был я счастлив\nНикто меня не любит\nНет ни радости ни света ни любви\n"
            "Ничто меня не радует давно",
            "ru",
        ),
        (
            "Ain't no love in the city\nAin't no joy in my heart\nI don't got no friends here\n"
            "Never had no happy day",
            "en",
        ),
        ("I dont love you baby\nI cant be happy now\nI wont smile for you", "en"),
        ("I have no joy or love or happiness", "en"),
        ("A faithless friendless heartless man, unloved", "en"),
    ],
)
def test_negations_deny_however_many_there_are(text: str, language: str) -> None:
    result = analyze(text, language)
    assert result.sentiment is Sentiment.NEGATIVE
    assert "joy" not in [label.name for label in result.labels]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No, I love you, happy and glad", "en"),
        ("I can't stop loving you, never stop smiling, can't help rejoicing", "en"),
        ("As he was wont to laugh and love, not only happy but glad", "en"),
        ("Я не могу не любить тебя, нельзя не верить, не могу не радоваться", "ru"),
        ("Painless and guiltless, fearless and blameless, undismayed", "en"),
    ],
)
def test_some_negations_deny_nothing(text: str, language: str) -> None:
    assert analyze(text, language).sentiment is Sentiment.POSITIVE


def test_denied_feelings_alone_name_no_emotion() -> None:
    found = details("no joy, no love, no happiness")
    assert found.emotions == []
    assert found.valence < 0


def test_faint_words_alone_are_no_verdict() -> None:
    faint = analyze("my brother, god and brother, the king of light at home")
    assert faint.status is Status.COMPLETED
    assert faint.sentiment is Sentiment.NEUTRAL


def test_nobody_is_a_negation_and_no_feeling() -> None:
    assert analyze("Nobody's here and nobody's home, nobody's there at all").status is Status.DEGRADED


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("number sober toasters really stranger homer copper planes coping", "en"),
        ("пошли пошла слезать ложится ложе милиция миллион больница пушки довольно верстак сия", "ru"),
        ("надел страхование умеренный восстановил", "ru"),
        ("демонстрация волна дружина мерзнуть прокладка тоскана увязать воплощение", "ru"),
    ],
)
def test_words_that_only_look_like_a_feeling(words: str, language: str) -> None:
    assert {word: hits for word in words.split() if (hits := lexicons(language).find(word)[0])} == {}


@pytest.mark.parametrize(
    ("words", "language", "emotion"),
    [
        ("боюсь боялся боится бойся", "ru", "fear"),
        ("слёзы слёз слезами", "ru", "sadness"),
        ("плачу плачет плакала", "ru", "sadness"),
        ("целует целую целовал", "ru", "love"),
        ("верю верит верь", "ru", "trust"),
        ("надеюсь надейся надеялась", "ru", "anticipation"),
        ("пошлый пошлость", "ru", "disgust"),
        ("scared scares scaring", "en", "fear"),
    ],
)
def test_forms_of_a_feeling(words: str, language: str, emotion: str) -> None:
    for word in words.split():
        assert emotion in [name for name, _ in lexicons(language).find(word)[0]], word


def test_intensifiers_weigh_more() -> None:
    assert details("so happy but sad and sad again").valence > details("happy but sad and sad again").valence


def test_strong_feelings_of_both_signs_are_mixed() -> None:
    assert analyze(JOY + "\n" + GRIEF).sentiment is Sentiment.MIXED


def test_a_clear_word_against_it_makes_a_slight_lean_mixed() -> None:
    leaning = "I hope and I trust, my friend, and I smile, though some sorrow came to the door"
    assert 0.15 < details(leaning).valence < 0.25
    assert analyze(leaning).sentiment is Sentiment.MIXED
    unopposed = leaning.replace("sorrow", "rain")
    assert analyze(unopposed).sentiment is Sentiment.POSITIVE


def test_the_arc_follows_the_song() -> None:
    arc = details(JOY + "\n" + GRIEF).arc
    assert len(arc) == 2
    assert arc[0] > 0 > arc[1]


def test_shares_add_up_and_stay_in_range() -> None:
    found = details(JOY + "\n" + GRIEF)
    assert sum(score.value for score in found.emotions) == pytest.approx(1, abs=0.001)
    assert -1 <= found.valence <= 1
    assert 0 <= found.arousal <= 1


def test_a_text_that_names_no_feeling_is_degraded() -> None:
    result = analyze("The table has four legs and the box has a number on the side")
    assert result.status is Status.DEGRADED
    assert result.sentiment is None
    assert result.scores == ()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_lexicons_are_generous(language: str) -> None:
    assert len(lexicons(language).words) > 800


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Oh great, what a wonderful, beautiful, happy day\nYeah right, and I love the smile of my boss",
            "en",
        ),
        (
            "Ну спасибо, какой чудесный, счастливый и радостный день\nТоже мне друг, любимый и прекрасный",
            "ru",
        ),
    ],
)
def test_an_ironic_line_means_the_opposite_of_its_pleasant_words(text: str, language: str) -> None:
    result = analyze(text, language)
    assert result.sentiment is Sentiment.NEGATIVE
    assert not result.labels
    plain = "\n".join(line.partition(",")[2] for line in text.split("\n"))
    assert analyze(plain, language).sentiment is Sentiment.POSITIVE


def test_irony_leaves_unpleasant_words_and_other_lines_as_they_are() -> None:
    text = "Yeah right, you hurt me and I cry in pain\n" + JOY
    assert details(text).valence == details(text.replace("Yeah right", "You know")).valence
    assert analyze("It's great, oh how wonderful, I love this happy day").sentiment is Sentiment.POSITIVE
    assert analyze("Как же я люблю тебя, радость моя, какое счастье", "ru").sentiment is Sentiment.POSITIVE
