"""Words into fields: parameters, substitutions, arithmetic, quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.fake.shell import arithmetic
from runtimes.contract.fake.shell.lexer import Arithmetic, Parameter, Text, Word, tokens
from runtimes.contract.fake.shell.machine import Buffer

if TYPE_CHECKING:
    from collections.abc import Generator

    from runtimes.contract.fake.shell.evaluate import Shell


class _Fields:
    """Fields under construction; unquoted text with blanks splits them."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._open: str | None = None

    def join(self, text: str) -> None:
        self._open = (self._open or "") + text

    def close(self) -> None:
        if self._open is not None:
            self._done.append(self._open)
            self._open = None

    def split(self, text: str) -> None:
        if text[:1].isspace():
            self.close()
        for at, piece in enumerate(text.split()):
            if at:
                self.close()
            self.join(piece)
        if text[-1:].isspace():
            self.close()

    def finish(self) -> list[str]:
        self.close()
        return self._done


def fields(shell: Shell, word: Word) -> Generator[float | None, None, list[str]]:
    """Expand one word into zero or more fields."""
    found = _Fields()
    for part in word:
        if isinstance(part, Text):
            found.join(part.value)
        elif isinstance(part, Arithmetic):
            found.join(str(arithmetic.evaluate(part.source, shell.variables)))
        elif isinstance(part, Parameter) and part.name == "@" and part.quoted:
            for at, argument in enumerate(shell.arguments):
                if at:
                    found.close()
                found.join(argument)
        else:
            value = (
                (yield from _parameter(shell, part))
                if isinstance(part, Parameter)
                else (yield from _output(shell, part.source))
            )
            found.join(value) if part.quoted else found.split(value)
    return found.finish()


def text(shell: Shell, word: Word) -> Generator[float | None, None, str]:
    """Expand one word without splitting it: an assignment's value, a redirection's target."""
    quoted = tuple(
        type(part)(part.name, True, part.operator, part.alternative)  # noqa: FBT003 - a field
        if isinstance(part, Parameter)
        else part
        for part in word
    )
    return " ".join((yield from fields(shell, quoted)))


def _parameter(shell: Shell, part: Parameter) -> Generator[float | None, None, str]:
    value = _lookup(shell, part.name)
    empty = not value if part.operator.startswith(":") else value is None
    use_alternative = part.operator.endswith("-") == empty
    if part.operator and use_alternative:
        words = tokens(part.alternative)
        return (yield from text(shell, words[0])) if words and isinstance(words[0], tuple) else ""
    return "" if part.operator.endswith("+") else value or ""


def _lookup(shell: Shell, name: str) -> str | None:
    if name.isdigit() and name != "0":
        at = int(name) - 1
        return shell.arguments[at] if at < len(shell.arguments) else None
    special = {
        "?": str(shell.status),
        "$": str(shell.pid),
        "#": str(len(shell.arguments)),
        "!": str(shell.last_background),
        "@": " ".join(shell.arguments),
        "*": " ".join(shell.arguments),
        "0": shell.name,
    }
    return special.get(name, shell.variables.get(name))


def _output(shell: Shell, source: str) -> Generator[float | None, None, str]:
    collected = Buffer()
    shell.status = yield from shell.subshell(stdout=collected).run_text(source)
    return collected.data.decode(errors="replace").rstrip("\n")
