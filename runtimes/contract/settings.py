"""What a run of ours tells the plugin, beside pytest's own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtimes.contract.run.plan import Plan
    from runtimes.contract.run.transcript import Transcript


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
