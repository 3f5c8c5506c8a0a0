"""Measures analyzers, searches and recommendations on labelled sets, with 95 % bootstrap intervals.

Run `python -m bench.quality [rhyme|emotion|themes|content|language|search|similar|spaces …] [--write]`;
`--write` puts the tables into bench/RESULTS.md: that of the analyzers, that of `search similar`, that of
`spaces`, or all. What has no labelled set has no figure: vocabulary counts words, and its tests hold it to
examples.
"""

from __future__ import annotations

import argparse

from bench import results
from bench.quality import content, emotion, language, recommendation, rhyme, search, spaces, themes

SECTIONS = {
    "Quality": {
        "rhyme": rhyme.figures,
        "emotion": emotion.figures,
        "themes": themes.figures,
        "content": content.figures,
        "language": language.figures,
    },
    "Quality of what is found": {"search": search.figures, "similar": recommendation.figures},
    "Quality of two spaces": {"spaces": spaces.figures},
}
AGENTS = {name: figures for section in SECTIONS.values() for name, figures in section.items()}
HEAD = ("agent", "set", "items", "measure", "value (95 %)")
WIDTHS = (10, 34, 7, 40, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "agents", nargs="*", metavar="agent", help=f"of {', '.join(AGENTS)}; all when left out"
    )
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md, whole sections")
    arguments = parser.parse_args()
    unknown = set(arguments.agents) - set(AGENTS)
    if unknown:
        parser.error(f"no agent is named {', '.join(sorted(unknown))}")
    named = arguments.agents or list(AGENTS)
    if arguments.write and any(0 < len(own & set(named)) < len(own) for own in map(set, SECTIONS.values())):
        parser.error(f"--write needs all of a section: {'; '.join(map(' '.join, SECTIONS.values()))}")
    print(_line(HEAD))
    for title, section in SECTIONS.items():
        rows: list[tuple[str, ...]] = []
        for name in [name for name in section if name in named]:
            for figure in section[name]():
                rows.append(figure.cells())
                print(_line(figure.cells()), flush=True)
        if arguments.write and rows:
            words = " ".join(section) if arguments.agents else ""
            results.write(
                title, f"`python -m bench.quality {words}".rstrip() + " --write`", results.table(HEAD, rows)
            )


def _line(cells: tuple[str, ...]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    main()
