"""The command line itself: options, help, errors, plugins."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.cli import registry
from runtimes.cli.app import run
from runtimes.cli.registry import COMMANDS
from runtimes.cli.settings import Settings, parse_options
from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cli.tests.command_line import Cli

_PLUGIN = """
import click
@click.command("hello")
def command():
    "Greet."
    click.echo("hello from a plugin")
"""


def _install(folder: Path, code: str) -> None:
    (folder / "acme_cli.py").write_text(code)
    info = folder / "acme_cli-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[runtimes.commands]\nhello = acme_cli:command\n")


def test_help_lists_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0

    text = capsys.readouterr().out
    assert all(f"\n{section}:" in text for section in ("Run", "Look", "Images", "Backends"))
    assert "--backend NAME" in text


@pytest.mark.parametrize("command", [name for names in COMMANDS.values() for name in names])
def test_the_help_of_each_command_shows_no_markup(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--help"]) == 0

    text = capsys.readouterr().out
    assert text.startswith(f"Usage: runtimes {command} ")
    assert "\\b" not in text
    assert "``" not in text


def test_help_loads_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys\nfrom runtimes.cli.app import run\nrun(['--help'])\n"
        "ours = [m for m in sys.modules if m.startswith('runtimes.cli.commands.')]\n"
        "print(ours, file=sys.stderr)\n"
        "print({'rich', 'yaml', 'msgspec', 'google', 'logging', 'importlib.metadata', 'pathlib',"
        " 'runtimes.client', 'asyncio', 'stevedore'} & set(sys.modules), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.splitlines() == ["[]", "set()"]


def test_options_may_stand_before_or_after_the_command(cli: Cli) -> None:
    before, after = cli("-o", "json", "pods"), cli("pods", "-o", "json")

    assert before == after
    assert before.out == "[]\n"


@pytest.mark.parametrize(("word", "meant"), [("pos", "pods"), ("delete", "rm"), ("play", "apply")])
def test_an_unknown_command_is_corrected(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word]) == 2

    assert f"Did you mean '{meant}'?" in capsys.readouterr().err


def test_what_others_call_a_command_leads_to_one_of_ours() -> None:
    assert set(registry.ELSEWHERE.values()) <= set(registry.summaries())
    assert not set(registry.ELSEWHERE) & set(registry.summaries())


def test_a_wrong_option_is_a_usage_error(cli: Cli) -> None:
    result = cli("ps", "--nope")

    assert result.code == 2
    assert "No such option" in result.err


def test_an_error_is_one_line_and_no_traceback(cli: Cli) -> None:
    result = cli("logs", "nobody")

    assert (result.code, result.out) == (1, "")
    assert result.err == "runtimes: find pod 'nobody': there is none; see: runtimes pods\n"


def test_debug_shows_the_traceback(cli: Cli) -> None:
    result = cli("--debug", "logs", "nobody")

    assert "Traceback" in result.err
    assert result.err.endswith("see: runtimes pods\n")


def test_an_unknown_backend_names_the_installed_ones(cli: Cli) -> None:
    result = cli("ps", "-b", "faek")

    assert result.code == 1
    assert "did you mean 'fake'" in result.err


def test_an_unknown_backend_option_names_the_known_ones(cli: Cli) -> None:
    result = cli("ps", "--option", "stat=x")

    assert result.code == 1
    assert "known are state" in result.err


def test_an_option_without_a_value_is_refused(cli: Cli) -> None:
    assert "expected key=value" in cli("ps", "--option", "state").err
    with pytest.raises(errors.InvalidArgument):
        parse_options(("=x",))


def test_a_broken_configuration_is_told_with_its_path(cli: Cli) -> None:
    path = cli.folder / "broken.toml"
    path.write_text("backend = \n")

    result = cli("ps", "--config", str(path))

    assert result.code == 1
    assert str(path) in result.err


def test_a_bug_is_told_as_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(_self: Settings) -> None:
        raise TypeError("oops")

    monkeypatch.setattr(Settings, "connect", explode)

    result = cli("ps")

    assert result.code == 1
    assert result.err.startswith("runtimes: internal error: TypeError: oops")


def test_run_and_exec_fail_with_125_so_that_programs_codes_stay_apart(cli: Cli) -> None:
    assert cli("run", "-b", "nope", "busybox").code == 125
    assert cli("run", "--nope").code == 125
    assert cli("exec", "nobody", "--", "true").code == 125


def test_commands_of_plugins_are_listed_and_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _install(cli.folder, _PLUGIN)
    monkeypatch.syspath_prepend(str(cli.folder))

    assert re.search(r"^  hello +of acme-cli$", cli("--help").out, re.MULTILINE)
    assert cli.ok("hello").out == "hello from a plugin\n"
    sys.modules.pop("acme_cli")


def test_a_broken_plugin_hides_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _install(cli.folder, "raise RuntimeError('not today')")
    monkeypatch.syspath_prepend(str(cli.folder))

    assert cli("--help").code == 0
    assert cli("pods").code == 0
    broken = cli("hello")
    assert broken.code == 1
    assert "of acme-cli: it can't be loaded: RuntimeError: not today" in broken.err


def test_a_closed_pipe_is_no_error(cli: Cli) -> None:
    reader = "import sys; sys.stdin.readline()"
    script = f"{sys.executable} -m runtimes.cli.main info | {sys.executable} -c '{reader}'"

    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # click looks for bash's version; there may be no bash here.
    monkeypatch.setattr("click.shell_completion.BashComplete._check_version", lambda _=None: None)

    assert run(["completion", shell]) == 0

    assert "_RUNTIMES_COMPLETE" in capsys.readouterr().out
