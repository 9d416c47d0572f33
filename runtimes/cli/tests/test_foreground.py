"""What the foreground says of failures that are nobody's but ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

import pytest

from runtimes.cli.failure import RUNTIME_FAILED
from runtimes.cli.foreground import Foreground
from runtimes.cli.output.log_printer import LogPrinter
from runtimes.cli.work import NO_CHANGE, Change

if TYPE_CHECKING:
    from runtimes.cli.work import Work


class _Breaking:
    """A pod whose driver ends with an error."""

    name = full_name = "default/web"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def drive(self, until: object) -> NoReturn:
        del until
        raise self._error

    def stop(self, grace: int | None) -> None:
        del grace


class _OnePod:
    """No Job, so nothing ever changes."""

    several = False

    def __init__(self, pod: _Breaking) -> None:
        self.pods = [pod]

    def change(self, ended: int) -> Change:
        del ended
        return NO_CHANGE

    def excuses(self, pod: _Breaking) -> bool:
        del pod
        return False


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NameError("name 'x' is not defined"), "internal error: NameError: name 'x' is not"),
        (OSError(28, "No space left on device", "/srv"), "No space left on device: /srv"),
    ],
)
def test_an_unexpected_error_is_told_with_its_kind_or_file(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printer = LogPrinter(["web"], prefix=False, timestamps=False)
    work = cast("Work", _OnePod(_Breaking(error)))
    foreground = Foreground(work, printer, before_output=lambda: None)

    assert foreground.run() == RUNTIME_FAILED
    assert f"runtimes: {told}" in capsys.readouterr().err
