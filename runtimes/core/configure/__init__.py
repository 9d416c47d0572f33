"""Options from words: the command line's and the configuration file's."""

from runtimes.core.configure.file import Config, read_config
from runtimes.core.configure.fill import fill

__all__ = ["Config", "fill", "read_config"]
