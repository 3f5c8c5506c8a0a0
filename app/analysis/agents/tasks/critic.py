"""The critic: which labels that others gave a song does the song bear out?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analysis.agents.sheet import Checker, Quote, Strict
from app.analysis.agents.tasks.base import Task, Unfounded, founded
from app.analysis.results import CritiqueDetails, Evidence, Result, Score, Status, Verdict
from app.lyrics.text import Lyrics

MAX_CLAIMS = 30


@dataclass(frozen=True, slots=True)
class Claim:
    """What an analyzer said of a song, to be checked: one of its labels, or its sentiment."""

    analyzer: str
    kind: str
    name: str

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.name}"


class Finding(Strict):
    claim: int
    upheld: bool
    quotes: list[Quote]


class Answer(Strict):
    verdicts: list[Finding]


def claims(results: Mapping[str, Result]) -> list[Claim]:
    """The labels and sentiments of completed results, in their order, `MAX_CLAIMS` at most.

    Not people, places and brands: that they stand in the text was looked up.
    """
    found: list[Claim] = []
    for analyzer, result in results.items():
        if result.status is Status.COMPLETED and not isinstance(result.details, CritiqueDetails):
            kinds = ("theme", "emotion", "content")
            found += [Claim(analyzer, la.kind, la.name) for la in result.labels if la.kind in kinds]
            if result.sentiment is not None:
                found.append(Claim(analyzer, "sentiment", str(result.sentiment)))
    return found[:MAX_CLAIMS]


def listed(claimed: Sequence[Claim]) -> str:
    """A claim a line, by number; who made it is left out, so that nobody is believed for his name."""
    return "\n".join(f"{n}| {claim.text}" for n, claim in enumerate(claimed, 1))


def reader(claimed: Sequence[Claim]) -> Task:
    """The task for these claims."""

    def read(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
        if sorted(finding.claim for finding in answer.verdicts) != list(range(1, len(claimed) + 1)):
            raise Unfounded("There has to be one verdict for each claim.")
        verdicts: list[Verdict] = []
        quotes: list[Evidence] = []
        for finding in sorted(answer.verdicts, key=lambda finding: finding.claim):
            claim = claimed[finding.claim - 1]
            verdicts.append(Verdict(claim.analyzer, claim.kind, claim.name, finding.upheld))
            if finding.upheld:
                quotes += checker.quotes(finding.quotes, claim.name)
        founded(checker)
        share = sum(verdict.upheld for verdict in verdicts) / len(verdicts)
        return Result(
            Status.COMPLETED,
            CritiqueDetails(verdicts),
            scores=(Score("upheld", round(share, 4)),),
            evidence=tuple(quotes),
        )

    return Task(TASK.name, TASK.version, TASK.title, TASK.description, Answer, read)


def _nothing(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
    return Result.degraded("There is nothing to check: no other analyzer has labelled the song.")


TASK = Task(
    "critic", "1.0.0", "Critic",
    "Whether the song bears out the labels that other analyzers gave it.", Answer, _nothing,
)  # fmt: skip
