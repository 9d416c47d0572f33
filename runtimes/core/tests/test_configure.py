from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from runtimes.core import errors
from runtimes.core.configure import Config, fill, read_config


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Options:
    root: Path = Path("/var/lib/x")
    runtime: str = ""
    workers: int = 4
    timeout: float | None = 1.5
    verify: bool = True
    mirrors: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    colour: Colour = Colour.RED
    cgroup: Literal["auto", "v1", "v2"] = "auto"
    extra: dict[str, str] = field(default_factory=dict)


def test_words_become_what_the_fields_are() -> None:
    options = fill(
        Options,
        {
            "root": "~/x",
            "runtime": "crun",
            "workers": "8",
            "timeout": "2",
            "verify": "no",
            "mirrors": "a, b",
            "ports": "80,443",
            "colour": "blue",
            "cgroup": "v2",
            "extra": "a=1,b=2=3",
        },
    )

    assert options == Options(
        root=Path.home() / "x",
        runtime="crun",
        workers=8,
        timeout=2.0,
        verify=False,
        mirrors=("a", "b"),
        ports=(80, 443),
        colour=Colour.BLUE,
        cgroup="v2",
        extra={"a": "1", "b": "2=3"},
    )


def test_values_of_toml_are_taken_as_they_are() -> None:
    options = fill(
        Options, {"workers": 8, "verify": False, "mirrors": ["a,b"], "extra": {"a": "1"}}
    )

    assert options == Options(workers=8, verify=False, mirrors=("a,b",), extra={"a": "1"})


def test_nothing_gives_the_defaults_and_an_empty_word_gives_none() -> None:
    assert fill(Options, {}) == Options()
    assert fill(Options, {"timeout": ""}).timeout is None


def test_dashes_in_names_are_underscores() -> None:
    @dataclass(frozen=True)
    class Dashed:
        state_root: str = ""

    assert fill(Dashed, {"state-root": "x"}).state_root == "x"


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(errors.InvalidArgument, match=r"'rooot'.*root, runtime"):
        fill(Options, {"rooot": "x"})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("workers", "many", "whole number"),
        ("workers", "1.5", "whole number"),
        ("workers", True, "not a boolean"),
        ("timeout", "soon", "a number"),
        ("verify", "perhaps", "true, yes"),
        ("colour", "green", "red, blue"),
        ("cgroup", "v3", "auto, v1, v2"),
        ("ports", "80,http", "whole number"),
        ("runtime", ["a", "b"], "not several"),
        ("extra", "a", "name=value"),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object, why: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=rf"'{name}'.*{why}"):
        fill(Options, {name: value})


def test_the_file_names_the_backend_and_its_options(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('backend = "cri"\n[backends.cri]\nendpoint = "unix:///x"\n[kubelet]\nx = 1\n')

    config = read_config(path)

    assert config == Config(path, "cri", {"cri": {"endpoint": "unix:///x"}}, {"x": 1})


def test_the_first_file_found_is_read(tmp_path: Path) -> None:
    asked, home = tmp_path / "asked.toml", tmp_path / "runtimes" / "config.toml"
    home.parent.mkdir()
    asked.write_text('backend = "asked"')
    home.write_text('backend = "home"')
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}

    assert read_config(environ=environ).backend == "home"
    assert read_config(environ={**environ, "RUNTIMES_CONFIG": str(asked)}).backend == "asked"
    assert read_config(asked, environ=environ).backend == "asked"


def test_no_file_is_an_empty_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtimes.core.configure.file.SYSTEM", tmp_path / "none.toml")

    assert read_config(environ={"XDG_CONFIG_HOME": str(tmp_path)}) == Config()


def test_a_file_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound):
        read_config(environ={"RUNTIMES_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("backend = x", "line 1"),
        ('backnd = "oci"', "backnd"),
        ("backend = 3", "must be a text"),
        ("backends = 3", "tables"),
        ("kubelet = 3", "table"),
        ("[backends]\noci = 3", "tables"),
    ],
)
def test_a_broken_file_is_refused_with_its_path(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)

    with pytest.raises(errors.InvalidArgument, match=rf"config\.toml.*{why}"):
        read_config(path)
