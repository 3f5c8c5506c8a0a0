"""What can be followed in time, and how finely."""

from __future__ import annotations

from enum import Enum

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
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    DECADE = "DECADE"


@strawberry.enum(description="Where a series is heading.")
class TrendDirection(Enum):
    RISING = "RISING"
    FALLING = "FALLING"
    STEADY = "STEADY"
    EMERGING = strawberry.enum_value("EMERGING", description="Absent for most of the time, and there now.")
