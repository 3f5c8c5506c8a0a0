"""Answers that are there already: the same question to the same model, from the same tenant."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from app.analysis import evidence, stored
from app.analysis.agents.agent import ModelAgent, Question
from app.analysis.models import Analysis
from app.analysis.results import Evidence, Result, Status
from app.lyrics.text import Lyrics
from tenancy.database import Database


class Earlier:
    """What a tenant has been told before. The analyses themselves are the memory: what is deleted with its
    track is forgotten here too."""

    def __init__(self, database: Database, tenant: UUID) -> None:
        self._database = database
        self._tenant = tenant

    async def find(self, agent: ModelAgent, question: Question) -> Result | None:
        """A completed result of the same text (by its hash), analyzer version, prompt and model."""
        # Served by ix_analyses_question.
        query = (
            select(Analysis)
            .where(
                Analysis.tenant_id == self._tenant,
                Analysis.input_hash == question.use.input_hash,
                Analysis.analyzer == agent.name,
                Analysis.analyzer_version == agent.version,
                Analysis.prompt_hash == question.use.prompt_hash,
                Analysis.model == question.use.model,
                Analysis.status == Status.COMPLETED.value,
            )
            .order_by(Analysis.created_at.desc())
            .limit(1)
        )
        async with self._database.transaction(self._tenant) as session:
            row = await session.scalar(query)
        if row is None:
            return None
        return reused(stored.result(row), question, shared=row.shared)


def reused(result: Result, question: Question, *, shared: bool = False) -> Result:
    """`result` as an answer to the same `question` again: it costs nothing more."""
    shared = shared or (result.use is not None and result.use.shared)
    use = replace(question.use, tokens_in=0, tokens_out=0, cached=True, shared=shared)
    return replace(result, use=use, evidence=tuple(_quoted_anew(result, question.lyrics)))


def _quoted_anew(result: Result, lyrics: Lyrics) -> list[Evidence]:
    # What was sent is the same; the stored lines may differ in what cleaning takes out of them.
    quotes = result.evidence
    return [evidence.quote(lyrics, each.start_line, each.end_line, each.supports) for each in quotes]
