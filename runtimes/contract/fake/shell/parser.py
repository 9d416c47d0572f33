"""Words and operators into a tree."""

from __future__ import annotations

from dataclasses import dataclass

from runtimes.contract.fake.shell.lexer import (
    Operator,
    Redirection,
    SyntaxProblem,
    Text,
    Token,
    Word,
    tokens,
)

RESERVED = frozenset(
    {"if", "then", "elif", "else", "fi", "while", "until", "for", "in", "do", "done", "{", "}", "!"}
)


@dataclass(frozen=True, slots=True)
class Redirect:
    descriptor: int
    symbol: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """``name=value ... command argument ...``, with redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ body; }``, or ``( body )`` when it is a subshell."""

    body: Sequence
    subshell: bool
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None


@dataclass(frozen=True, slots=True)
class Loop:
    condition: Sequence
    body: Sequence
    until: bool


@dataclass(frozen=True, slots=True)
class For:
    name: str
    words: tuple[Word, ...]
    body: Sequence


Command = Simple | Group | If | Loop | For


@dataclass(frozen=True, slots=True)
class Pipeline:
    commands: tuple[Command, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class AndOr:
    """Pipelines, each with the operator before it; the first has none."""

    items: tuple[tuple[str, Pipeline], ...]
    background: bool


Sequence = tuple[AndOr, ...]


def parse(text: str) -> Sequence:
    """Parse a whole script.

    Raises:
        SyntaxProblem: as a shell reports it.
    """
    parser = _Parser(tokens(text))
    body = parser.sequence(frozenset())
    parser.expect_end()
    return body


class _Parser:
    def __init__(self, stream: list[Token]) -> None:
        self._stream = stream
        self._at = 0

    def sequence(self, ends: frozenset[str]) -> Sequence:
        items: list[AndOr] = []
        self._skip_newlines()
        while not self._done(ends):
            pipelines = self._and_or()
            symbol = self._symbol()
            if symbol in (";", "&", "\n"):
                self._at += 1
            items.append(AndOr(pipelines, symbol == "&"))
            self._skip_newlines()
            if symbol not in (";", "&", "\n"):
                break
        return tuple(items)

    def expect_end(self) -> None:
        if self._at < len(self._stream):
            raise SyntaxProblem(f"syntax error: unexpected {self._describe()}")

    def _done(self, ends: frozenset[str]) -> bool:
        if self._at >= len(self._stream):
            return True
        return self._reserved() in ends or (self._symbol() == ")" and ")" in ends)

    def _and_or(self) -> tuple[tuple[str, Pipeline], ...]:
        items = [("", self._pipeline())]
        while (symbol := self._symbol()) in ("&&", "||"):
            self._at += 1
            self._skip_newlines()
            items.append((symbol, self._pipeline()))
        return tuple(items)

    def _pipeline(self) -> Pipeline:
        negated = self._reserved() == "!"
        self._at += negated
        commands = [self._command()]
        while self._symbol() == "|":
            self._at += 1
            self._skip_newlines()
            commands.append(self._command())
        return Pipeline(tuple(commands), negated)

    def _command(self) -> Command:
        if self._symbol() == "(":
            self._at += 1
            body = self.sequence(frozenset({")"}))
            self._expect_symbol(")")
            return Group(body, subshell=True, redirects=self._redirects())
        match self._reserved():
            case "{":
                body = self._block("{", "}")
                return Group(body, subshell=False, redirects=self._redirects())
            case "if":
                return self._if()
            case "while" | "until" as word:
                condition = self._block(word, "do")
                return Loop(condition, self._after(frozenset({"done"})), word == "until")
            case "for":
                return self._for()
            case "":
                return self.simple()
            case _:
                raise SyntaxProblem(f"syntax error: unexpected {self._describe()}")

    def _block(self, opening: str, closing: str) -> Sequence:
        self._expect(opening)
        return self._after(frozenset({closing}))

    def _after(self, ends: frozenset[str]) -> Sequence:
        body = self.sequence(ends)
        if self._reserved() not in ends:
            raise SyntaxProblem(f"syntax error: expected {' or '.join(sorted(ends))}")
        self._at += 1
        return body

    def _if(self) -> If:
        branches: list[tuple[Sequence, Sequence]] = []
        otherwise: Sequence | None = None
        ends = frozenset({"elif", "else", "fi"})
        word = "if"
        while word in ("if", "elif"):
            self._at += 1 if word == "if" else 0
            condition = self._after(frozenset({"then"}))
            body = self._after(ends)
            word = _literal(self._stream[self._at - 1])
            branches.append((condition, body))
        if word == "else":
            otherwise = self._after(frozenset({"fi"}))
        return If(tuple(branches), otherwise)

    def _for(self) -> For:
        self._expect("for")
        name = _literal(self._next())
        self._expect("in")
        words: list[Word] = []
        while isinstance(token := self._peek(), tuple):
            words.append(token)
            self._at += 1
        self._skip_newlines()
        return For(name, tuple(words), self._block("do", "done"))

    def simple(self) -> Simple:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while (token := self._peek()) is not None and not isinstance(token, Operator):
            if isinstance(token, Redirection):
                redirects.append(self._redirect())
                continue
            self._at += 1
            assignment = None if words else _assignment(token)
            if assignment is None:
                words.append(token)
            else:
                assignments.append(assignment)
        if not (assignments or words or redirects):
            raise SyntaxProblem(f"syntax error: unexpected {self._describe()}")
        return Simple(tuple(assignments), tuple(words), tuple(redirects))

    def _redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while isinstance(self._peek(), Redirection):
            found.append(self._redirect())
        return tuple(found)

    def _redirect(self) -> Redirect:
        token = self._next()
        target = self._next()
        if not isinstance(token, Redirection) or not isinstance(target, tuple):
            raise SyntaxProblem("syntax error: a redirection without a target")
        return Redirect(token.descriptor, token.symbol, target)

    def _skip_newlines(self) -> None:
        while self._symbol() in ("\n", ";"):
            self._at += 1

    def _peek(self) -> Token | None:
        return self._stream[self._at] if self._at < len(self._stream) else None

    def _next(self) -> Token:
        token = self._peek()
        if token is None:
            raise SyntaxProblem("syntax error: unexpected end of text")
        self._at += 1
        return token

    def _symbol(self) -> str:
        token = self._peek()
        return token.symbol if isinstance(token, Operator) else ""

    def _reserved(self) -> str:
        word = _literal(self._peek())
        return word if word in RESERVED else ""

    def _expect(self, word: str) -> None:
        self._skip_newlines()
        if _literal(self._peek()) != word:
            raise SyntaxProblem(f"syntax error: expected {word}, found {self._describe()}")
        self._at += 1

    def _expect_symbol(self, symbol: str) -> None:
        if self._symbol() != symbol:
            raise SyntaxProblem(f"syntax error: expected {symbol}, found {self._describe()}")
        self._at += 1

    def _describe(self) -> str:
        token = self._peek()
        if token is None:
            return "end of text"
        return repr(token.symbol if isinstance(token, Operator) else _literal(token))


def _literal(token: Token | None) -> str:
    if not isinstance(token, tuple):
        return ""
    if any(not isinstance(part, Text) or part.quoted for part in token):
        return ""
    return "".join(part.value for part in token if isinstance(part, Text))


def _assignment(word: Word) -> tuple[str, Word] | None:
    name = ""
    for at, part in enumerate(word):
        if not isinstance(part, Text) or part.quoted:
            return None
        if part.value == "=" and name and not name[0].isdigit():
            return name, word[at + 1 :]
        if not (part.value.isalnum() or part.value == "_"):
            return None
        name += part.value
    return None
