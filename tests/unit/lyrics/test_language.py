"""Which language a text is in, whatever its source says."""

from __future__ import annotations

import pytest

from app.lyrics import language
from app.lyrics.text import Lyrics

# Old songs and poems, and lines of our own in the manner of today's.
TEXTS = {
    "bg": (
        "Жив е той, жив е! Там на Балкана,\nпотънал в кърви, лежи и пъшка\nюнак с дълбока на гърди рана,\n"
        "юнак във младост и в сила мъжка",
        "Аз вървя по улицата сам и мисля за теб\nНоще не мога да спя, защото те няма тук\n"
        "Кажи ми защо си тръгна, какво направих аз\nВсичко е различно откакто те няма",
        "Градът е тъмен и студен, а аз чакам на спирката\nвремето минава, парите свършват\nно ние сме живи",
    ),
    "uk": (
        "Реве та стогне Дніпр широкий,\nСердитий вітер завива,\nДодолу верби гне високі",
        "Я йду по місту вночі і думаю про тебе\nЧому ти не зі мною, коли так треба",
    ),
    "be": (
        "А хто там ідзе, а хто там ідзе\nУ агромністай такой грамадзе?\nБеларусы",
        "Я іду па горадзе ноччу і думаю пра цябе\nЧаму ты не са мной, калі так трэба",
    ),
    "sr": (
        "Тамо далеко, далеко од мора,\nтамо је село моје, тамо је Србија",
        "Ја идем кроз град и мислим на тебе\nЗашто ниси са мном када ми требаш",
    ),
    "pl": (
        "Litwo! Ojczyzno moja! ty jesteś jak zdrowie;\nIle cię trzeba cenić, ten tylko się dowie",
        "Idę przez miasto nocą i myślę o tobie\nNie wiem co mam zrobić ze swoim życiem",
    ),
    "es": (
        "Volverán las oscuras golondrinas\nen tu balcón sus nidos a colgar,\ny otra vez con el ala",
        "Camino por la calle y no te puedo olvidar\nDime por qué te fuiste, yo te quiero amar",
    ),
    "de": (
        "Wer reitet so spät durch Nacht und Wind?\nEs ist der Vater mit seinem Kind",
        "Ich laufe durch die Stadt in der Nacht\nund hab die ganze Zeit an dich gedacht",
    ),
    "fr": (
        "Les sanglots longs\nDes violons\nDe l'automne\nBlessent mon cœur\nD'une langueur\nMonotone",
        "Je marche dans la rue et je pense à toi\nDis-moi pourquoi tu n'es pas là avec moi",
    ),
    "it": ("Nel mezzo del cammin di nostra vita\nmi ritrovai per una selva oscura,\nché la diritta via",),
    "pt": (
        "Minha terra tem palmeiras,\nOnde canta o Sabiá;\nAs aves, que aqui gorjeiam,\nNão gorjeiam como lá",
    ),
    "nl": ("Ik loop door de stad in de nacht\nen ik heb de hele tijd aan jou gedacht\nje bent niet hier",),
    "tr": ("Bu gece yine seni düşündüm\nBen sensiz ne yaparım bilmiyorum\nGel artık, yok kimsem benim",),
    "zh": ("我在夜里走过城市的街道\n想着你的脸\n你为什么不在这里\n我爱你", "我爱你\n你爱我吗"),
    "ja": ("夜の街を歩いて君を想う\nなぜここにいないの",),
    "ko": ("나는 밤에 도시를 걸으며 너를 생각해\n왜 여기 없니",),
}
CASES = [(text, tag) for tag, texts in TEXTS.items() for text in texts]


@pytest.mark.parametrize(("text", "tag"), CASES)
@pytest.mark.parametrize("hint", [None, "en", "ru"])
def test_other_languages_are_not_taken_for_ours(text: str, tag: str, hint: str | None) -> None:
    assert Lyrics.parse(text, language=hint).language == tag


@pytest.mark.parametrize(
    ("text", "hint", "tag"),
    [
        ("la la la la la la la la la la la la", "en", "en"),
        (
            "Skrrt skrrt, drip, ice, racks on deck\nGucci, Prada, bands, whip, check\nGang gang, brr, flex",
            "en",
            "en",
        ),
        (
            "Yo quiero party all night, baby come with me\nWe gonna dance until the morning, ven aquí",
            "en",
            "en",
        ),
        ("Эй, эй, йоу, скр-скр, флекс, кэш, лайк\nБро, хайп, трэп, бит, рэп, стиль, мани", "ru", "ru"),
        ("Ночь темна\nТишина\nЛуна одна\nДорога длинна, река холодна", "ru", "ru"),
        ("Ночь, улица, фонарь, аптека,\nБессмысленный и тусклый свет", None, "ru"),
        ("Унылая пора, очей очарованье", "ru", "ru"),
        ("Бѣлѣетъ парусъ одинокій въ туманѣ моря голубомъ", None, "ru"),
        ("Я иду по улице and I feel so fine\nТы моя звезда, you will be mine", "ru", "ru"),
        ("Я иду по улице and I feel so fine\nТы моя звезда, you will be mine", "en", "en"),
        ("Wee, sleekit, cow'rin, tim'rous beastie,\nO, what a panic's in thy breastie!", None, "en"),
        (
            "Мы едем в Київ, по дороге домой\nгде ждёт меня мама, и я не один",
            "ru",
            "ru",
        ),
    ],
)
def test_english_and_russian_stay_what_they_are(text: str, hint: str | None, tag: str) -> None:
    assert Lyrics.parse(text, language=hint).language == tag


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("English", "en"),
        ("ru-RU", "ru"),
        ("en_US", "en"),
        ("rus", "ru"),
        ("РУССКИЙ", "ru"),
        ("pt-BR", "pt"),
        ("und", None),
        ("", None),
        (None, None),
        ("1234", None),
        ("klingon speech", None),
    ],
)
def test_language_labels(label: str | None, tag: str | None) -> None:
    assert language.normalize(label) == tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("I was walking down the street and you were there with me", "en"),
        ("Thou still unravish'd bride of quietness, thou foster-child of silence and slow time", "en"),
        ("Я помню чудное мгновенье, передо мной явилась ты", "ru"),
        ("Іду я по місту і бачу твої очі, що сяють у темряві ночі", "uk"),
        ("Ich weiß nicht, was soll es bedeuten, dass ich so traurig bin und nicht schlafen kann", "de"),
        ("私はあなたを愛しています 今日も 明日も そして いつまでも", "ja"),
        ("yeah", None),
        ("", None),
    ],
)
def test_language_of_texts(text: str, tag: str | None) -> None:
    assert Lyrics.parse(text).language == tag


def test_a_hint_wins_unless_the_script_contradicts_it() -> None:
    assert Lyrics.parse("la la la", language="English").language == "en"
    assert Lyrics.parse("Я помню чудное мгновенье, передо мной явилась ты", language="en").language == "ru"
