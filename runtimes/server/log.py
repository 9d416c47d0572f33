"""The server's log on stderr: lines to read, or JSON objects to collect."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["text", "json"]
_EXTRA = ("rpc", "code")
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """One object a line: time (RFC 3339, UTC), level, logger, message, and the RPC it is about."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: getattr(record, key) for key in _EXTRA if hasattr(record, key)})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(form: Format, *, debug: bool) -> None:
    """Send the log of this process to stderr; other libraries' warnings too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # What fails is told by `Host`; gRPC adds tracebacks of calls that a stop has cut off.
    logging.getLogger("grpc").setLevel(logging.CRITICAL)
    logging.getLogger("runtimes").setLevel(logging.DEBUG if debug else logging.INFO)
