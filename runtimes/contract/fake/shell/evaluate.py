"""The tree, carried out step by step on a machine."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.contract.fake.shell import builtins, expand
from runtimes.contract.fake.shell.lexer import Substitution, SyntaxProblem, Word
from runtimes.contract.fake.shell.machine import (
    Buffer,
    Discard,
    Entry,
    FileSink,
    Input,
    Invocation,
    Io,
    Steps,
)
from runtimes.contract.fake.shell.parser import (
    AndOr,
    Command,
    For,
    Group,
    If,
    Loop,
    Pipeline,
    Redirect,
    Sequence,
    Simple,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from runtimes.contract.fake.shell.machine import Journal, Machine, Program, Sink

LOOP_TICK = 0.001
NOT_FOUND = 127


class Shell:
    """One shell process.

    Attributes:
        variables: all of them; `exported` names those that programs see.
        main: it is the container's main process, whose traps are the machine's.
        strict: ``set -e``.
    """

    def __init__(self, invocation: Invocation, *, name: str = "sh", main: bool = False) -> None:
        self.machine: Machine = invocation.machine
        self.journal: Journal = invocation.journal
        self.io = invocation.io
        self.cwd = invocation.cwd
        self.variables = dict(invocation.env)
        self.exported = set(invocation.env)
        self.arguments: tuple[str, ...] = ()
        self.name = name
        self.main = main
        self.pid = 1 if main else 7
        self.status = 0
        self.last_background = 0
        self.strict = False
        self._tested = 0

    def subshell(self, *, stdin: Input | None = None, stdout: Sink | None = None) -> Shell:
        """A copy whose changes stay its own."""
        io = Io(stdin or self.io.stdin, stdout or self.io.stdout, self.io.stderr)
        child = Shell(
            Invocation((), io, dict(self.variables), self.cwd, self.machine, self.journal)
        )
        child.exported, child.arguments, child.name = set(self.exported), self.arguments, self.name
        child.status, child.strict, child.pid = self.status, self.strict, self.pid
        return child

    def run_text(self, text: str) -> Steps:
        """Run a script to its end; return its status."""
        try:
            return (yield from self.run(parse(text)))
        except SyntaxProblem as problem:
            self._complain(str(problem))
            return 2
        except builtins.Exit as end:
            return end.status

    def run(self, body: Sequence) -> Steps:
        for item in body:
            if item.background:
                self.status = self._background(item)
            else:
                self.status = yield from self._and_or(item)
            yield from self._traps()
        return self.status

    def _and_or(self, item: AndOr) -> Steps:
        status = 0
        for at, (operator, pipeline) in enumerate(item.items):
            if (operator == "&&" and status) or (operator == "||" and not status):
                continue
            last = at == len(item.items) - 1
            self._tested += not last
            status = self.status = yield from self._pipeline(pipeline)
            self._tested -= not last
            if status and last and self.strict and not self._tested and not pipeline.negated:
                raise builtins.Exit(status)
        return status

    def _pipeline(self, pipeline: Pipeline) -> Steps:
        if len(pipeline.commands) == 1:
            status = yield from self._command(pipeline.commands[0])
        else:
            status = yield from self._pipe(pipeline.commands)
        return int(not status) if pipeline.negated else status

    def _pipe(self, commands: tuple[Command, ...]) -> Steps:
        status, stdin = 0, self.io.stdin
        for command in commands[:-1]:
            between = Buffer()
            status = yield from self.subshell(stdin=stdin, stdout=between).isolated(command)
            stdin = Input(bytes(between.data))
        status = yield from self.subshell(stdin=stdin).isolated(commands[-1])
        return status

    def isolated(self, command: Command) -> Steps:
        try:
            return (yield from self._command(command))
        except builtins.Exit as end:
            return end.status

    def _background(self, item: AndOr) -> int:
        child = self.subshell(stdin=Input())

        def steps(journal: Journal) -> Steps:
            child.journal = journal
            return child.quietly(replace(item, background=False))

        self.last_background = self.machine.spawn(steps)
        return 0

    def quietly(self, item: AndOr) -> Steps:
        try:
            return (yield from self._and_or(item))
        except builtins.Exit as end:
            return end.status

    def _command(self, command: Command) -> Steps:
        match command:
            case Simple():
                return (yield from self.simple(command))
            case Group():
                return (yield from self._group(command))
            case If():
                return (yield from self._if(command))
            case Loop():
                return (yield from self._loop(command))
            case For():
                return (yield from self._for(command))

    def _group(self, group: Group) -> Steps:
        try:
            io = yield from self._redirected(group.redirects)
        except OSError as error:
            return self._refused(error)
        if group.subshell:
            child = self.subshell()
            child.io = io
            return (yield from child.body(group.body))
        outer, self.io = self.io, io
        try:
            return (yield from self.run(group.body))
        finally:
            self.io = outer

    def body(self, body: Sequence) -> Steps:
        try:
            return (yield from self.run(body))
        except builtins.Exit as end:
            return end.status

    def _if(self, command: If) -> Steps:
        for condition, body in command.branches:
            if not (yield from self._test(condition)):
                return (yield from self.run(body))
        return (yield from self.run(command.otherwise)) if command.otherwise else 0

    def _test(self, condition: Sequence) -> Steps:
        self._tested += 1
        try:
            return (yield from self.run(condition))
        finally:
            self._tested -= 1

    def _loop(self, loop: Loop) -> Steps:
        status = 0
        while ((yield from self._test(loop.condition)) != 0) == loop.until:
            try:
                status = yield from self.run(loop.body)
            except builtins.Continue:
                pass
            except builtins.Break:
                break
            yield LOOP_TICK
        return status

    def _for(self, loop: For) -> Steps:
        status = 0
        for value in (yield from self._fields(loop.words)):
            self.variables[loop.name] = value
            try:
                status = yield from self.run(loop.body)
            except builtins.Continue:
                continue
            except builtins.Break:
                break
        return status

    def simple(self, command: Simple) -> Steps:
        argv = yield from self._fields(command.words)
        values = {}
        for name, word in command.assignments:
            values[name] = yield from expand.text(self, word)
        if not argv and not command.redirects:
            self.variables.update(values)
            return self.status if values and _substitutes(command) else 0
        builtin = builtins.TABLE.get(argv[0]) if argv else None
        if builtin is not None:
            try:
                io = yield from self._redirected(command.redirects)
            except OSError as error:
                return self._refused(error)
            return (yield from builtin(self, argv[1:], io))
        return (yield from self._program(command, argv, values))

    def _program(self, command: Simple, argv: list[str], values: dict[str, str]) -> Steps:
        program = self.machine.find(argv[0]) if argv else _nothing
        nested = argv[:1] and argv[0].rpartition("/")[2] in ("sh", "ash", "sleep", "timeout")
        mark = len(self.io.stdout.data) if isinstance(self.io.stdout, Buffer) else 0
        if self.journal.replaying and not nested:
            entry = self.journal.next()
            if isinstance(self.io.stdout, Buffer):
                self.io.stdout.write(entry.output)
            return entry.status
        status = yield from self._carry_out(program, command, argv, values)
        if not nested:
            output = (
                bytes(self.io.stdout.data[mark:]) if isinstance(self.io.stdout, Buffer) else b""
            )
            self.journal.append(Entry(status, output))
        return status

    def _carry_out(
        self, program: Program | None, command: Simple, argv: list[str], values: dict[str, str]
    ) -> Steps:
        try:
            io = yield from self._redirected(command.redirects)
        except OSError as error:
            return self._refused(error)
        if program is None:
            self._complain(f"{argv[0]}: not found")
            return NOT_FOUND
        env = {name: self.variables[name] for name in self.exported if name in self.variables}
        invocation = Invocation(tuple(argv), io, env | values, self.cwd, self.machine, self.journal)
        return (yield from program(invocation))

    def _redirected(self, redirects: tuple[Redirect, ...]) -> Generator[float | None, None, Io]:
        io = self.io
        for redirect in redirects:
            target = yield from expand.text(self, redirect.target)
            if redirect.symbol == "<":
                io = replace(io, stdin=Input(self.machine.view.read(self.path(target))))
                continue
            sink = self._sink(redirect, target, io)
            io = replace(io, stdout=sink) if redirect.descriptor == 1 else replace(io, stderr=sink)
        return io

    def _sink(self, redirect: Redirect, target: str, io: Io) -> Sink:
        if redirect.symbol == ">&":
            return io.stderr if target == "2" else io.stdout
        special = {
            "/dev/null": Discard(),
            "/dev/stdout": io.stdout,
            "/dev/stderr": io.stderr,
            "/proc/1/fd/1": io.stdout,
        }
        if target in special:
            return special[target]
        path = self.path(target)
        if not self.journal.replaying:
            self.machine.view.write(path, b"", append=redirect.symbol == ">>")
        return FileSink(self.machine.view, path)

    def _fields(self, words: tuple[Word, ...]) -> Generator[float | None, None, list[str]]:
        found: list[str] = []
        for word in words:
            found += yield from expand.fields(self, word)
        return found

    def path(self, name: str) -> str:
        """`name` as an absolute path."""
        return os.path.normpath(os.path.join(self.cwd, name))  # noqa: PTH118 - of the container

    def _traps(self) -> Steps:
        while self.main and self.machine.pending:
            text = self.machine.traps.get(self.machine.pending.pop(0), "")
            status = self.status
            yield from self.run(parse(text))
            self.status = status
        return self.status

    def _refused(self, error: OSError) -> int:
        self._complain(f"can't open {error.filename}: {error.strerror}")
        return 1

    def _complain(self, message: str) -> None:
        self.io.stderr.write(f"{self.name}: {message}\n".encode())


def _substitutes(command: Simple) -> bool:
    return any(isinstance(part, Substitution) for _, word in command.assignments for part in word)


def _nothing(_invocation: Invocation) -> Steps:
    return 0
    yield
