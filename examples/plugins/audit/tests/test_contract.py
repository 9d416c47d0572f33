"""What callers rely on; `pytest -k version` to begin with."""

from runtimes.contract import *
