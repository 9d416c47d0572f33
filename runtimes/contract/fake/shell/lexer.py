"""Shell text into words and operators.

Source: POSIX shell grammar, without here-documents, globs, functions and `case`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATORS = ("&&", "||", ";", "&", "|", "(", ")", "\n")
REDIRECTIONS = (">>", ">&", ">", "<")
_SPECIAL = "?$#@*!-"


class SyntaxProblem(Exception):
    """The text isn't shell, or uses more of the shell than this one knows."""


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name``, ``${name}`` or ``${name<operator>alternative}``."""

    name: str
    quoted: bool = False
    operator: str = ""
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(source)``."""

    source: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((source))``."""

    source: str


Part = Text | Parameter | Substitution | Arithmetic
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    symbol: str


@dataclass(frozen=True, slots=True)
class Redirection:
    """``descriptor`` is 0, 1 or 2; its target is the next word."""

    descriptor: int
    symbol: str


Token = Operator | Redirection | Word


def tokens(text: str) -> list[Token]:
    """Split `text`; comments and continued lines are gone.

    Raises:
        SyntaxProblem: an open quote or bracket.
    """
    return list(_Scanner(text).scan())


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\\\n", "")
        self._at = 0

    def scan(self) -> Iterator[Token]:
        while self._at < len(self._text):
            if self._text[self._at] in " \t\r":
                self._at += 1
            elif self._text[self._at] == "#":
                self._until("\n")
            else:
                yield self._operator() or self._redirection() or self._word()

    def _operator(self) -> Operator | None:
        for symbol in OPERATORS:
            if self._text.startswith(symbol, self._at):
                self._at += len(symbol)
                return Operator(symbol)
        return None

    def _redirection(self) -> Redirection | None:
        rest = self._text[self._at :]
        digits = rest[:1] if rest[:1] in ("0", "1", "2") else ""
        for symbol in REDIRECTIONS:
            if rest.startswith(digits + symbol):
                self._at += len(digits + symbol)
                return Redirection(int(digits) if digits else int(symbol != "<"), symbol)
        return None

    def _word(self) -> Word:
        parts: list[Part] = []
        while self._at < len(self._text) and self._text[self._at] not in " \t\r\n;&|()<>":
            parts.extend(self._parts())
        return tuple(parts)

    def _parts(self) -> Iterator[Part]:
        match self._text[self._at]:
            case "'":
                self._at += 1
                yield Text(self._until("'"), quoted=True)
                self._at += 1
            case '"':
                self._at += 1
                yield Text("", quoted=True)
                yield from self._double_quoted()
            case "$":
                yield self._dollar(quoted=False)
            case "\\":
                self._at += 2
                yield Text(self._text[self._at - 1 : self._at], quoted=True)
            case char:
                self._at += 1
                yield Text(char)

    def _double_quoted(self) -> Iterator[Part]:
        while self._peek("a closing double quote") != '"':
            char = self._text[self._at]
            if char == "$":
                yield self._dollar(quoted=True)
            elif char == "\\" and self._text[self._at + 1 : self._at + 2] in ('"', "$", "\\", "`"):
                self._at += 2
                yield Text(self._text[self._at - 1], quoted=True)
            else:
                self._at += 1
                yield Text(char, quoted=True)
        self._at += 1

    def _dollar(self, *, quoted: bool) -> Part:
        rest = self._text[self._at + 1 :]
        if rest.startswith("(("):
            self._at += 1
            return Arithmetic(self._bracketed("(", ")")[1:-1])
        if rest.startswith("("):
            self._at += 1
            return Substitution(self._bracketed("(", ")"), quoted)
        if rest.startswith("{"):
            self._at += 1
            return _braced(self._bracketed("{", "}"), quoted=quoted)
        self._at += 1
        name = self._name()
        return Parameter(name, quoted) if name else Text("$", quoted)

    def _name(self) -> str:
        start = self._at
        if self._text[start : start + 1] and self._text[start] in _SPECIAL + "0123456789":
            self._at += 1
            return self._text[start]
        while self._at < len(self._text) and _is_name_char(self._text[self._at]):
            self._at += 1
        return self._text[start : self._at]

    def _bracketed(self, opening: str, closing: str) -> str:
        start, depth, quote = self._at + 1, 0, ""
        while True:
            char = self._peek(f"a closing {closing}")
            self._at += 1
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            elif char == opening:
                depth += 1
            elif char == closing:
                depth -= 1
                if depth == 0:
                    return self._text[start : self._at - 1]

    def _until(self, end: str) -> str:
        start = self._at
        self._at = self._text.find(end, start)
        if self._at < 0:
            self._at = len(self._text)
            if end != "\n":
                raise SyntaxProblem(f"unterminated quoted string: missing {end}")
        return self._text[start : self._at]

    def _peek(self, wanted: str) -> str:
        if self._at >= len(self._text):
            raise SyntaxProblem(f"unexpected end of text: missing {wanted}")
        return self._text[self._at]


def _is_name_char(char: str) -> bool:
    return char == "_" or (char.isascii() and char.isalnum())


def _braced(body: str, *, quoted: bool) -> Parameter:
    end = next((at for at, char in enumerate(body) if not _is_name_char(char)), len(body))
    name, rest = body[: end or 1], body[end or 1 :]
    for operator in (":-", ":+", "-", "+"):
        if rest.startswith(operator):
            return Parameter(name, quoted, operator, rest[len(operator) :])
    if rest:
        raise SyntaxProblem(f"bad substitution: ${{{body}}}")
    return Parameter(name, quoted)
