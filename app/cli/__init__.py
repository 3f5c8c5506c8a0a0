"""The command `rap-analyzer`. Each noun has a module, and each imports what it needs when it runs:
`--help` has to answer at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Exit status 0, 1 for a failure that is told in a sentence on stderr, 2 for wrong usage."""
    try:
        from app.cli.program import program

        program(prog_name="rap-analyzer")
    except KeyboardInterrupt:
        sys.exit(130)  # 128 and the signal's number, as a shell has it
    except Exception as error:
        from app.cli import failures

        sentence = failures.sentence(error)
        if sentence is None:
            raise  # a bug of ours: its traceback is what helps
        sys.stderr.write(f"rap-analyzer: {sentence}\n")
        sys.exit(1)
