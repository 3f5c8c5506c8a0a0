"""Measures every analyzer on its labelled sets, with 95 % bootstrap intervals.

Run `python -m bench.quality [rhyme|emotion|themes|content|language …] [--write]`; `--write` puts the table
into bench/RESULTS.md. What has no labelled set has no figure: vocabulary counts words, and its tests hold it
to examples.
"""

from __future__ import annotations

import argparse

from bench import results
from bench.quality import content, emotion, language, rhyme, themes

AGENTS = {
    "rhyme": rhyme.figures,
    "emotion": emotion.figures,
    "themes": themes.figures,
    "content": content.figures,
    "language": language.figures,
}
HEAD = ("agent", "set", "items", "measure", "value (95 %)")
WIDTHS = (10, 30, 7, 30, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "agents", nargs="*", metavar="agent", help=f"of {', '.join(AGENTS)}; all when left out"
    )
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md; needs all agents")
    arguments = parser.parse_args()
    unknown = set(arguments.agents) - set(AGENTS)
    if unknown:
        parser.error(f"no agent is named {', '.join(sorted(unknown))}")
    if arguments.write and arguments.agents:
        parser.error("--write measures all agents")
    rows = [HEAD]
    print(_line(HEAD))
    for name in arguments.agents or AGENTS:
        for figure in AGENTS[name]():
            rows.append(figure.cells())
            print(_line(figure.cells()), flush=True)
    if arguments.write:
        results.write("Quality", "`python -m bench.quality --write`", results.table(rows[0], rows[1:]))


def _line(cells: tuple[str, ...]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    main()
