"""Which backends are installed, how one is loaded, and which is meant."""

from runtimes.core.discovery.choose import DEFAULT, Choice, choose
from runtimes.core.discovery.installed import Installed, installed
from runtimes.core.discovery.known import EXTRAS
from runtimes.core.discovery.load import load

__all__ = ["DEFAULT", "EXTRAS", "Choice", "Installed", "choose", "installed", "load"]
