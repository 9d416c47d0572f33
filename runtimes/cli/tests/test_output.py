from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cli.output import colour
from runtimes.cli.output.data import print_data, to_data
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.log_printer import LogPrinter
from runtimes.cli.output.pods import restarts
from runtimes.cli.output.sections import Block, lay_out
from runtimes.cli.output.table import Column, Look, render
from runtimes.cli.output.words import age, short_id, size
from runtimes.client import LogLine, Summary
from runtimes.core.pod import v1

if TYPE_CHECKING:
    from runtimes.core.logs import Stream


@dataclass(frozen=True)
class Fruit:
    name: str
    amount: int
    origin: str = "here"


_COLUMNS = (
    Column[Fruit]("NAME", lambda fruit: fruit.name),
    Column[Fruit]("AMOUNT", lambda fruit: str(fruit.amount), right=True),
    Column[Fruit]("ORIGIN", lambda fruit: fruit.origin, wide=True),
)
_FRUITS = [Fruit("apple", 5), Fruit("fig", 1000, "")]
_LISTING = Listing(_COLUMNS, name=lambda fruit: fruit.name, nothing="No fruit.")


def test_restarts_are_told_with_the_last_ones_age() -> None:
    assert restarts(Summary(0, 1, "Error", 3, 10**9), 61 * 10**9) == "3 (60s ago)"
    assert restarts(Summary(0, 1, "Error", 3), 61 * 10**9) == "3"
    assert restarts(Summary(1, 1, "Running", 0, 10**9), 61 * 10**9) == "0"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert render(_FRUITS, _COLUMNS).splitlines() == [
        "NAME    AMOUNT",
        "apple        5",
        "fig       1000",
    ]


def test_wide_tables_have_more_columns_and_empty_cells_a_dash() -> None:
    assert render(_FRUITS, _COLUMNS, Look(wide=True)).splitlines()[1:] == [
        "apple        5   here",
        "fig       1000   -",
    ]


_EVIL = "\x1b]0;owned\x07\x9b2J\rwords"


def test_no_text_commands_the_terminal() -> None:
    painted = [Column[Fruit]("NAME", lambda fruit: fruit.name, paint=lambda _: colour.BAD)]
    sections = lay_out([("Message", _EVIL), ("Notes", (_EVIL,)), ("Types", Block([_EVIL]))])

    assert render([Fruit(_EVIL, 1)], painted, Look(colours=True)).splitlines()[1] == (
        "\x1b[31m?]0;owned??2J?words\x1b[0m"
    )
    assert list(sections) == [
        "Message:  ?]0;owned??2J",
        "          words",
        "Notes:    ?]0;owned??2J?words",
        "Types:",
        "  ?]0;owned??2J?words",
    ]


def test_the_last_column_is_cut_to_the_terminals_width() -> None:
    long = [Fruit("apple", 5, "a very long way from here")]

    *_, line = render(long, _COLUMNS, Look(wide=True, limit=40)).splitlines()

    assert line == "apple        5   a very long way from h…"
    assert len(line) == 40


def test_colours_do_not_change_the_layout() -> None:
    columns = [Column[Fruit]("A", lambda f: f.name, paint=lambda _: "red"), _COLUMNS[1]]

    painted = render(_FRUITS, columns, Look(colours=True))

    assert "\x1b[31mfig\x1b[0m  " in painted


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("name", "apple\nfig\n"),
        ("table", "NAME    AMOUNT\napple        5\nfig       1000\n"),
    ],
)
def test_a_list_has_several_formats(
    output: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _LISTING.show(_FRUITS, output)

    assert capsys.readouterr().out == text


def test_an_empty_list_says_so_to_people_and_is_a_list_to_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _LISTING.show([], None)
    assert capsys.readouterr() == ("", "No fruit.\n")

    _LISTING.show([], "json")
    assert capsys.readouterr().out == "[]\n"


def test_values_become_plain_data() -> None:
    class Word(StrEnum):
        ONE = "one"

    data = to_data(
        {
            "dataclass": Fruit("fig", 1),
            "enum": Word.ONE,
            "path": Path("/x"),
            "set": frozenset({"b", "a"}),
            "bytes": b"x",
            "struct": v1.ContainerPort(container_port=80, host_ip="::1"),
            "tuple": (1, None),
        }
    )

    assert data == {
        "dataclass": {"name": "fig", "amount": 1, "origin": "here"},
        "enum": "one",
        "path": "/x",
        "set": ["a", "b"],
        "bytes": "x",
        "struct": {"containerPort": 80, "hostIP": "::1"},
        "tuple": [1, None],
    }


def test_yaml_keeps_the_order_and_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_data({"z": "ü", "a": [1, True]}, "yaml")

    assert capsys.readouterr().out == "z: ü\na:\n- 1\n- true\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (119, "119s"), (120, "2m"), (200, "3m20s"), (11 * 60, "11m"), (179 * 60, "179m"),
        (3 * 3600, "3h"), (3 * 3600 + 300, "3h5m"), (30 * 3600, "30h"), (50 * 3600, "2d2h"),
        (10 * 86400, "10d"),
    ],
)  # fmt: skip
def test_ages_are_written_as_kubectl_does(seconds: int, text: str) -> None:
    assert age(1, 1 + seconds * 10**9) == text


def test_an_unknown_age_says_so() -> None:
    assert age(0, 10**18) == "<unknown>"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "-"), (0, "0B"), (999, "999B"), (4_270_000, "4.27MB"), (123_456_789, "123MB")],
)
def test_sizes_have_three_digits(amount: int | None, text: str) -> None:
    assert size(amount) == text


def test_memory_is_counted_in_binary_units() -> None:
    assert size(3 * 2**20, binary=True) == "3MiB"
    assert size(1023, binary=True) == "1023B"


def test_ids_are_cut_without_their_algorithm() -> None:
    assert short_id("sha256:" + "ab" * 32) == "abababababab" + "a"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "shown"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_need_a_terminal_and_nobodys_objection(
    environ: dict[str, str], shown: bool
) -> None:
    assert colour.wanted(_Terminal(), environ) is shown
    assert colour.wanted(io.StringIO(), environ) is False


@pytest.mark.parametrize(
    ("state", "shade"),
    [
        ("Running", colour.GOOD), ("Completed", colour.QUIET), ("CrashLoopBackOff", colour.BAD),
        ("ErrImagePull", colour.BAD), ("Init:0/1", colour.WAITING), ("Init:Error", colour.BAD),
        ("Terminating", colour.WAITING), ("SomethingElse", None),
    ],
)  # fmt: skip
def test_states_have_colours(state: str, shade: str | None) -> None:
    assert colour.of_state(state) == shade


class Printed:
    """A printer whose two streams are kept."""

    def __init__(self, *names: str, prefix: bool) -> None:
        self.out, self.err = io.BytesIO(), io.BytesIO()
        streams = {"stdout": self.out, "stderr": self.err}
        self.printer = LogPrinter(names, prefix=prefix, streams=dict(streams))

    def line(self, container: str, text: bytes, stream: Stream = "stdout") -> None:
        self.printer.print(LogLine(container, 0, 0, stream, text))


def test_one_containers_bytes_come_out_unchanged() -> None:
    printed = Printed("one", prefix=False)

    for text in (b"a\n", b"\xff\x00 no newline", b" more\n"):
        printed.line("one", text)
    printed.line("one", b"bad\n", "stderr")

    assert printed.out.getvalue() == b"a\n\xff\x00 no newline more\n"
    assert printed.err.getvalue() == b"bad\n"


def test_several_containers_have_their_names_before_each_line() -> None:
    printed = Printed("a", "long", prefix=True)

    printed.line("a", b"x\n")
    printed.line("long", b"y\n")

    assert printed.out.getvalue() == b"a    | x\nlong | y\n"


def test_a_line_that_another_container_interrupts_is_ended_first() -> None:
    printed = Printed("a", "b", prefix=True)

    printed.line("a", b"half ")
    printed.line("a", b"whole ")
    printed.line("b", b"other\n")
    printed.line("a", b"rest\n")

    assert printed.out.getvalue() == b"a | half whole \nb | other\na | rest\n"
