"""The log: a JSON object a line on stderr, with the id of the call that a line belongs to."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from gamelabel.service.calls import CURRENT_CALL, Call


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object: time, level, logger, message, and request, game, error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        call: Call | None = getattr(record, "call", None)
        if call:
            line |= {"request": call.id, "game": call.game}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def note_call(record: logging.LogRecord) -> bool:
    """Give a record the call that it belongs to; a filter of a handler."""
    record.call = CURRENT_CALL.get()
    return True


def set_up_log() -> None:
    """Log to stderr: what an operator has to know, not what clients do wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    handler.addFilter(note_call)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for verbose in ("httpx", "alembic"):
        logging.getLogger(verbose).setLevel(logging.WARNING)
    # below this it reports requests that cannot be parsed
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
