"""What the indexes leave to be looked at holds everything that a look at every track would find."""

from __future__ import annotations

import random
from uuid import UUID

import asyncpg
import pytest

from app.search.names import ALIKE, NAMED, NameSql, fold
from app.search.question import Question
from app.search.words import Words, WordsSql
from tenancy.database import Database
from tenancy.sql import Params
from tests.builders import RUSSIAN_VERSE, VERSE, add_tracks, new_tenant, song

LETTERS = "aeiorstnlвдеиноя"
BY_TRACK = "select id from tracks t where tenant_id = $1 and ({})"


def misspelt(name: str, chance: random.Random) -> str:
    """`name` with one letter wrong, missing, one too many, or in the next one's place."""
    at, letter = chance.randrange(len(name) - 1), chance.choice("aoiens")
    return chance.choice(
        [
            name[:at] + letter + name[at + 1 :],
            name[:at] + name[at + 1 :],
            name[:at] + letter + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        ]
    )


async def candidates(connection: asyncpg.Connection, params: Params, words: Words) -> set[UUID]:
    sql = WordsSql(words, params)._candidates()
    named = " and ".join(f"{value} is not null" for value in ("$1::uuid", *params.placeholders))
    found = await connection.fetch(f"select id from {sql} found(id) where {named}", *params.values)
    return {row["id"] for row in found}


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_alike_is_missed(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    tenant = await new_tenant(database)
    titles = [
        " ".join(
            "".join(chance.choices(LETTERS, k=chance.randint(2, 8))) for _ in range(chance.randint(1, 3))
        )
        for _ in range(120)
    ]
    songs = [
        song(title, lyrics=f"{chance.choice([VERSE, RUSSIAN_VERSE])}\n{n}", artist=chance.choice(titles))
        for n, title in enumerate(titles)
    ]
    await add_tracks(database, tenant, songs)
    async with database.reading(tenant) as connection:
        for query in [misspelt(chance.choice(titles), chance) for _ in range(30)] + [
            "harbor lamps",
            "перрон",
        ]:
            words = await Words.of(connection, Question.parse(query))
            params = Params(tenant)
            name = NameSql(words.name, params, misspelt=words.misspelt)
            any_word = f"({params.bind(' | '.join(f'({t})' for t in words.terms), 'text')}::tsquery)"
            titled = f"""t.words @@ {any_word} or {name.alike("t.folded")} >= {NAMED}
              or exists (select from lyrics l
                where l.tenant_id = $1 and l.track_id = t.id and l.document @@ {any_word})
              or exists (select from artists a where a.tenant_id = $1 and a.id = t.artist_id and (
                a.words @@ {any_word} or {name.alike("a.folded")} >= {NAMED}))"""
            if words.terms:
                titled += (
                    f" or strict_word_similarity({params.bind(words.topic, 'text')}, t.folded) >= {ALIKE}"
                )
            found = await connection.fetch(BY_TRACK.format(titled), *params.values)
            everything = {row["id"] for row in found}
            assert everything <= await candidates(connection, Params(tenant), words), query


async def test_names_are_folded_alike_in_python_and_in_the_database(database: Database) -> None:
    async with database.unpinned() as connection:
        for name in ("Серёга", "ЩУКА и Ёж", "Plain Ascii", "Café Noir", "Подъезд", "ѣѳ", ""):
            assert await connection.fetchval("select fold_name($1)", name) == fold(name)


async def test_the_doors_open_on_the_tenants_own_tracks(database: Database) -> None:
    tenant, other = await new_tenant(database), await new_tenant(database)
    (track,) = await add_tracks(database, tenant, [song("Quillon")])
    calls = (
        "select lexical_candidates('harbor', 'quillon', 'quillon', '{quillon}', 0.5)",
        "select phrase_candidates('harbor')",
    )
    for call in calls:
        async with database.reading(tenant) as connection:
            assert [row[0] for row in await connection.fetch(call)] == [track]
        async with database.reading(other) as connection:
            assert await connection.fetch(call) == []
    connection = await database.connect()
    try:
        for call in calls:
            assert await connection.fetch(call) == []
    finally:
        await connection.close()
