"""What a run of ours tells the plugin, beside pytest's own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.contract.run.plan import Plan
    from runtimes.contract.run.transcript import Transcript
    from runtimes.contract.subject import Known


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Itself a plugin: it puts itself where fixtures find it."""

    plan: Plan
    transcript: Transcript

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Set the options that have a name of their own, and keep the rest."""
        config.stash[KEY] = self
        option = config.option
        option.runtimes_backend = self.plan.name
        option.runtimes_option = [f"{key}={value}" for key, value in self.plan.words.items()]
        option.runtimes_without = list(self.plan.without)
        option.runtimes_registry = self.plan.registry
        option.runtimes_image = self.plan.image
        option.runtimes_restart = self.plan.restart
        option.runtimes_state = list(map(str, self.plan.state))


@dataclass(frozen=True, slots=True)
class Named:
    """The backend that pytest's options or settings name, and its options as words."""

    name: str
    words: Mapping[str, str]


def named_backend(config: pytest.Config, fixture: str) -> Named:
    """Which backend to certify; fails the test if nobody says so, nor has that `fixture`."""
    name = config.getoption("--runtimes-backend") or config.getini("runtimes_backend")
    if not name:
        pytest.fail(
            "no subject: give --runtimes-backend, set runtimes_backend in pytest's settings,"
            f" or define the fixture {fixture}"
        )
    words = dict(word.partition("=")[::2] for word in config.getoption("--runtimes-option"))
    return Named(name, words)


def known_failures(config: pytest.Config) -> tuple[Known, ...]:
    """Those of the run, or of the pyproject.toml that pytest reads."""
    from runtimes.contract.run import known

    settings = settings_of(config)
    if settings is not None:
        return settings.plan.known
    file = config.inipath
    return known.read(file) if file is not None and file.name == "pyproject.toml" else ()


KEY = pytest.StashKey[Settings]()
_TRANSCRIPT = pytest.StashKey["Transcript"]()


def settings_of(config: pytest.Config) -> Settings | None:
    """None in a run that a user started by pytest."""
    return config.stash.get(KEY, None)


def transcript_of(config: pytest.Config) -> Transcript:
    """What was called, in a run of ours or of a user."""
    from runtimes.contract.run.transcript import Transcript

    settings = settings_of(config)
    if settings is not None:
        return settings.transcript
    return config.stash.setdefault(_TRANSCRIPT, Transcript())
