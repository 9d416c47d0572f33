"""CRI logs: write, read, tail, follow across rotation."""

from runtimes.core.logs.follow import Follower, follow
from runtimes.core.logs.line import Entry, Stream
from runtimes.core.logs.reader import read
from runtimes.core.logs.writer import LogWriter

__all__ = ["Entry", "Follower", "LogWriter", "Stream", "follow", "read"]
