"""What a run of ours tells the plugin, beside pytest's own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.run.plan import Plan
    from runtimes.contract.run.transcript import Transcript

Service = TypeVar("Service")


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


def settings_of(config: pytest.Config) -> Settings | None:
    """None in a run that a user started by pytest."""
    return config.stash.get(KEY, None)


def noting(config: pytest.Config) -> Callable[[Service], Service]:
    """What makes a service one whose calls a run of ours writes down."""
    settings = settings_of(config)
    return _unchanged if settings is None else settings.transcript.wrap


def _unchanged(service: Service) -> Service:
    return service
