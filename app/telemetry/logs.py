"""One JSON object a line on stderr, for our own events and for those of libraries."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

Event = MutableMapping[str, Any]


def configure_logs(level: str, *, plain_libraries: bool = False) -> None:
    """Tracebacks come without local variables, and those of libraries not at all: both may hold lyrics.

    `plain_libraries` writes what libraries say as text, for somebody who watches a terminal.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=Stderr()),  # type: ignore[arg-type]  # it writes
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(Stderr())
    handler.addFilter(in_one_line)
    if plain_libraries:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    else:
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            )
        )
    logging.basicConfig(level=level, handlers=[handler])


class Stderr:
    """Whatever `sys.stderr` is at the moment: loggers live longer than one that is put in its place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def in_one_line(record: logging.LogRecord) -> bool:
    """A library's failure without its traceback, which tells an operator nothing and can hold a row."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__qualname__})", ()
        record.exc_info = record.exc_text = None
    elif isinstance(record.msg, str) and record.msg.startswith("Traceback"):  # uvicorn, of a start that fails
        name = record.msg.rstrip().rpartition("\n")[2].partition(":")[0]
        record.msg, record.args = f"The application could not start ({name})", ()
    return True


def with_trace(_: Any, __: str, event: Event) -> Event:
    """Adds the ids under which the trace is found, while one is being made."""
    trace = sys.modules.get("opentelemetry.trace")  # nobody has imported it where tracing is off
    if trace is not None:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = trace.format_trace_id(context.trace_id)
            event["span_id"] = trace.format_span_id(context.span_id)
    return event
