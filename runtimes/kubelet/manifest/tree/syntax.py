"""Errors of the YAML parser, in words that help."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

_INDENTATION = "check the indentation"
_BRACKETS = {"flow sequence": "[", "flow mapping": "{"}


class YamlSyntax(Exception):
    """The text can't be read on from here; `line` and `column` count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message


def explain(error: yaml.YAMLError, text: str) -> YamlSyntax:
    """Turn the parser's error into ours."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _unreadable(error, text)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    problem = str(getattr(error, "problem", None) or error)
    message = _unclosed(error, problem) or _message(problem, line, mark.column)
    return YamlSyntax(mark.line + 1, mark.column + 1, message)


def _unclosed(error: yaml.YAMLError, problem: str) -> str | None:
    """Tell which bracket or quote is still open."""
    context, start = getattr(error, "context", None), getattr(error, "context_mark", None)
    if start is None or not isinstance(context, str):
        return None
    expected = problem.removeprefix("did not find ")
    for of, bracket in _BRACKETS.items():
        if context.endswith(of):
            return f"{expected} here, for the '{bracket}' on line {start.line + 1}"
    if context.endswith("quoted scalar") and problem.startswith("found unexpected"):
        return f"the quote that begins on line {start.line + 1} is not closed"
    return None


def _message(problem: str, line: str, column: int) -> str:
    char = line[column : column + 1]
    if problem == "found character that cannot start any token":
        if char == "\t":
            return "a tab can't indent YAML; use spaces"
        return f"a value can't begin with '{char}'; quote it"
    if problem == "mapping values are not allowed in this context":
        return f"unexpected ':'; quote the value that holds it, or {_INDENTATION}"
    if problem == "could not find expected ':'":
        return f"expected ':' after a key; {_INDENTATION}"
    if problem.startswith("did not find expected"):
        expected = problem.removeprefix("did not find expected ").replace("key", "a key")
        return f"expected {expected} here; {_INDENTATION}"
    return problem


def _unreadable(error: yaml.YAMLError, text: str) -> YamlSyntax:
    """Find a control character; the reader tells its offset in bytes or characters, so look."""
    code = getattr(error, "character", None)
    if not isinstance(code, int) or chr(code) not in text:
        return YamlSyntax(1, 1, str(error))
    before = text[: text.index(chr(code))]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return YamlSyntax(line, column, f"the character U+{code:04X} is not allowed in YAML")
