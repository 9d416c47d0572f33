"""What the foreground says of failures that are nobody's but ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

import pytest

from runtimes.cli.failure import RUNTIME_FAILED
from runtimes.cli.foreground import Foreground
from runtimes.cli.output.log_printer import LogPrinter

if TYPE_CHECKING:
    from runtimes.client import Pod


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
    foreground = Foreground([cast("Pod", _Breaking(error))], printer, before_output=lambda: None)

    assert foreground.run() == RUNTIME_FAILED
    assert f"runtimes: {told}" in capsys.readouterr().err
