"""What can be followed in time, and how finely."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry


@strawberry.enum(description="What to follow in time.")
class Metric(Enum):
    THEME = strawberry.enum_value("THEME", description="Each theme's share of the tracks.")
    SENTIMENT = strawberry.enum_value("SENTIMENT", description="Each feeling's share of the tracks.")
    EMOTION = strawberry.enum_value("EMOTION", description="How strong each emotion is on average.")
    RHYME_DENSITY = strawberry.enum_value("RHYME_DENSITY", description="The share of lines that rhyme.")
    VOCABULARY = strawberry.enum_value("VOCABULARY", description="Lexical diversity (MTLD), in words.")
    EXPLICITNESS = strawberry.enum_value("EXPLICITNESS", description="The share of explicit tracks.")
    TRACKS = strawberry.enum_value("TRACKS", description="How many tracks there are.")


@strawberry.enum(description="How long a period is.")
class Granularity(Enum):
    MONTH = strawberry.enum_value("MONTH", description="A calendar month.")
    QUARTER = strawberry.enum_value("QUARTER", description="Three months, from January on.")
    YEAR = strawberry.enum_value("YEAR", description="A calendar year.")
    DECADE = strawberry.enum_value("DECADE", description="Ten years, such as 1990 to 1999.")


@strawberry.enum(description="Where a series is heading.")
class TrendDirection(Enum):
    RISING = strawberry.enum_value("RISING", description="Upwards.")
    FALLING = strawberry.enum_value("FALLING", description="Downwards.")
    STEADY = strawberry.enum_value("STEADY", description="Neither, or too few tracks to tell.")
    EMERGING = strawberry.enum_value("EMERGING", description="Absent for most of the time, and there now.")


Followed = Annotated[Metric, strawberry.argument(description="What to follow.")]
Period = Annotated[Granularity, strawberry.argument(description="How long each period is.")]
FollowedKey = Annotated[
    str | None,
    strawberry.argument(description="Which theme, feeling or emotion; the commonest of them unless given."),
]
