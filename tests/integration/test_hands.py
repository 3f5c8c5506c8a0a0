"""What the worker's processes can do."""

from __future__ import annotations

from app.analysis.batch import Text
from app.processes import ProcessPool
from app.worker import Hands
from tests.builders import UNNAMED


async def test_the_worker_judges_themes_by_meaning_too() -> None:
    pool = ProcessPool(1)
    try:
        ((language, analysis),) = await Hands(pool).analyze([Text(UNNAMED)], ["themes"])
    finally:
        pool.close()
    assert language == "en"
    assert "migration" in {label.name for label in analysis.results["themes"].labels}
