"""Explicit words through their disguises, and innocent ones that look like them."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.content.analyzer import ContentAnalyzer
from app.analysis.results import ContentDetails, Status
from app.lyrics.text import Lyrics


def details(text: str, language: str) -> ContentDetails:
    found = ContentAnalyzer().analyze(Lyrics.parse(text, language=language)).details
    assert isinstance(found, ContentDetails)
    return found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("this is f*ck this", "en"),
        ("f**k the world", "en"),
        ("f@ck the world", "en"),
        ("what the f u c k man", "en"),
        ("f.u.c.k. this", "en"),
        ("sh1t happens here", "en"),
        ("b!tch please", "en"),
        ("fuuuuck it all now", "en"),
        ("I saw the $h1t", "en"),
        ("fucк you man", "en"),
        ("a$$hole", "en"),
        ("motherf***er talk", "en"),
        ("what a fuck-up", "en"),
        ("иди на хуй", "ru"),
        ("иди нах*й брат", "ru"),
        ("пи3дец какой-то", "ru"),
        ("п**дец всему", "ru"),
        ("ты блядь такая", "ru"),
        ("х у й тебе", "ru"),
        ("бл*ть опять", "ru"),
        ("ты ебaнутый совсем", "ru"),
        ("ЁБАНЫЙ ты", "ru"),
        ("phuck this", "en"),
        ("fcuk you all", "en"),
        ("f\u03c5ck you", "en"),  # Greek upsilon
        ("fück this", "en"),
        ("\uff46\uff55\uff43\uff4b you", "en"),  # fullwidth
        ("\U0001d58b\U0001d59a\U0001d588\U0001d590 you", "en"),  # mathematical
        ("\ua730\u1d1c\u1d04\u1d0b this now", "en"),  # small capitals
        ("I f*** with you", "en"),
        ("suka blyad", "en"),
        ("idi nahui", "en"),
        ("pizdec kakoi-to", "en"),
        ("х** тебе", "ru"),
        ("пиzдец какой-то", "ru"),
        ("охуенный день", "ru"),
        ("охуительный день", "ru"),
        ("эта сука опять тут", "ru"),
        ("cука опять тут", "ru"),
    ],
)
def test_disguised_profanity_is_explicit(text: str, language: str) -> None:
    found = details(text, language)
    assert found.explicit
    assert found.categories[0].name == "profanity"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the Scunthorpe class assassin passed", "en"),
        ("cocktail in Essex with Dickens", "en"),
        ("sea-weed on the shore", "en"),
        ("Dick lies long in the churchyard", "en"),
        ("a niggardly sum, a titanic analysis", "en"),
        ("he snuck a duck", "en"),
        ("потребитель оскорблял ребёнка", "ru"),
        ("он хлебал суп, небо и мебель", "ru"),
        ("застрахуй плохую, не психуй", "ru"),
        ("сидела птица на суку", "ru"),
        ("тебе, себе, ребята, колебать", "ru"),
        ("употреблять рубля корабля", "ru"),
        ("мандарин и мандат", "ru"),
        ("жидкий азот и жидкость", "ru"),
        ("трахея, гребля и педаль", "ru"),
        ("похудеть и худо", "ru"),
        ("The Owl and the Pussy-cat went to sea", "en"),
        ("O lovely Pussy, what a beautiful Pussy you are", "en"),
        ("he carries a rake and a hoe", "en"),
        ("the old man's horny eyes", "en"),
        ("but thot a did, and thot a said", "en"),
        ("he builds a formidable dyke", "en"),
        ("new light through chinks that time has made", "en"),
        ("a faggot blazed beneath the trees", "en"),
        ("which now retards the dull brain", "en"),
        ("your fuccours and refpects depend", "en"),
        ("a bongo and a condominium near Mount Ebal", "en"),
        ("Madame de C*** and Prince N**", "en"),
        ("день великий скоро минет", "ru"),
        ("Бухарест, Бухара и Бухарин", "ru"),
        ("эбонит и ебонит", "ru"),
        ("графиня Б***, князь Н**", "ru"),
        ("педикулез и закладка в книге", "ru"),
        ("иль Вечный жид, или Корсар", "ru"),
        ("шишки на ели, дверной косяк", "ru"),
    ],
)
def test_innocent_words_are_clean(text: str, language: str) -> None:
    found = details(text, language)
    assert not found.explicit
    assert found.severity == 0


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("cocaine and heroin on the table", "en", "drugs"),
        ("кокаин и героин на столе", "ru", "drugs"),
        ("I wanna kill myself tonight", "en", "self-harm"),
        ("я хочу умереть, я убью себя", "ru", "self-harm"),
        ("murder, kill and shoot with a pistol", "en", "violence"),
        ("убийца достал ствол, и труп упал", "ru", "violence"),
    ],
)
def test_categories_with_their_lines(text: str, language: str, category: str) -> None:
    lyrics = Lyrics.parse("nothing here\n" + text, language=language)
    result = ContentAnalyzer().analyze(lyrics)
    assert category in [label.name for label in result.labels]
    assert [(q.start_line, q.text) for q in result.evidence if q.supports == category] == [(2, text)]


def test_severity_grows_with_use_and_gravity() -> None:
    mild = details("damn " + "word " * 20, "en").severity
    once = details("fuck " + "word " * 20, "en").severity
    often = details("fuck " * 10 + "word " * 20, "en").severity
    assert 0 < mild < once < often < 1


def test_a_clean_text_is_completed_with_zeroes() -> None:
    found = details("a gentle evening by the quiet river", "en")
    assert (found.explicit, found.severity, found.categories) == (False, 0.0, [])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The other only changed, himself the same", "en"),
        ("I want to diet from tomorrow", "en"),
        ("I don't want to die, I want to live", "en"),
        ("I dont ever really want to die", "en"),
        ("I cut myself a slice of bread", "en"),
        ("I want to die an old man", "en"),
        ("я не хочу умереть", "ru"),
    ],
)
def test_phrases_are_whole_words_that_nothing_takes_back(text: str, language: str) -> None:
    assert details(text, language).categories == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want to die tonight", "en"),
        ("no, I want to die", "en"),
        ("I don't sleep, want to die", "en"),
        ("не сплю, хочу умереть", "ru"),
    ],
)
def test_another_clause_negates_no_phrase(text: str, language: str) -> None:
    assert [label.name for label in details(text, language).categories] == ["self-harm"]


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("fuck it\nrake and hoe", "en", "sexual"),
        ("these hoes love me", "en", "sexual"),
        ("h*es in the club", "en", "sexual"),
        ("shut up you faggot", "en", "slurs"),
        ("we sell cocaine and coke", "en", "drugs"),
        ("она делает минет", "ru", "sexual"),
        ("мы курили травку", "ru", "drugs"),
    ],
)
def test_ambiguous_words_count_where_others_leave_no_doubt(text: str, language: str, category: str) -> None:
    assert category in [label.name for label in details(text, language).categories]


def test_a_mention_is_less_than_a_wish() -> None:
    assert not details("The suicide was almost an anomaly", "en").explicit
    assert details("I wanna kill myself tonight", "en").explicit


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("I'll put a bullet in your head", "en", "violence"),
        ("пулю в лоб, и всё", "ru", "violence"),
        ("snorting coke in the bathroom", "en", "drugs"),
        ("он нюхает кокс в туалете", "ru", "drugs"),
    ],
)
def test_a_threat_and_a_drug_taken_warn_where_the_bare_word_does_not(
    text: str, language: str, category: str
) -> None:
    assert details(text, language).explicit
    assert [label.name for label in details(text, language).categories] == [category]
    bare = {"en": "the bullet and cocaine of the report", "ru": "пуля и кокаин в отчёте"}[language]
    assert not details(bare, language).explicit


def test_hard_drugs_add_up_and_mild_words_never_do() -> None:
    filler = " and the river runs on" * 15
    assert not details("cocaine heroin cocaine" + filler, "en").explicit
    assert details("cocaine heroin cocaine meth ketamine fentanyl" + filler, "en").explicit
    assert not details("damn " * 60, "en").explicit


def test_what_is_negated_threatens_nobody() -> None:
    assert not details("I never put a bullet in your brain", "en").explicit
    assert not details("I'd never kill you with these jokes", "en").explicit


def test_strong_words_warn_where_no_language_can_be_told() -> None:
    found = ContentAnalyzer().analyze(Lyrics.parse("blyat, opyat' dozhd'"))
    assert isinstance(found.details, ContentDetails)
    assert found.details.explicit
    assert ContentAnalyzer().analyze(Lyrics.parse("opyat' dozhd'")).status is Status.DEGRADED
    # In another language the same letters may be an ordinary word: thick.
    german = ContentAnalyzer().analyze(
        Lyrics.parse("Das Brot ist dick und die Suppe ist heiss", language="de")
    )
    assert german.status is Status.DEGRADED


def test_disguises_are_undone_for_judging_only() -> None:
    stored = "\uff46\uff55\uff43\uff4b you"
    result = ContentAnalyzer().analyze(Lyrics.parse(stored, language="en"))
    assert [quote.text for quote in result.evidence] == [stored]
