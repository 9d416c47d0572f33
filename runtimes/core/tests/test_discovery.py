from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.core import discovery, errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.discovery import Choice, choose, installed, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GOOD = """
from runtimes.core.backend import Kind, Probe, ProbeState

class _Backend:
    name, kind, era, summary = "{name}", Kind.CRI, "test", "made by a test"
    capabilities, options = frozenset(), dict
    def probe(self, options=None): return Probe(ProbeState.{state}, "reason of {name}", "remedy")
    def open(self, options=None): raise NotImplementedError

backend = _Backend()
"""


class Site:
    """A folder of installed packages on sys.path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self, name: str, code: str, *, dist: str = "", target: str = "backend", kind: str = "cri"
    ) -> None:
        dist = dist or f"acme-{name}"
        module = dist.replace("-", "_")
        (self.folder / f"{module}.py").write_text(code)
        info = self.folder / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[runtimes.{kind}]\n{name} = {module}:{target}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield Site(folder)
    for name in [name for name in sys.modules if name.startswith("acme")]:
        del sys.modules[name]


def _good(name: str, state: str = "USABLE") -> str:
    return _GOOD.format(name=name, state=state)


def test_backends_are_listed_without_importing_them(site: Site) -> None:
    site.add("boom", "raise SystemExit('imported')")

    found = {backend.name: backend for backend in installed()}["boom"]

    assert (found.kind, found.distribution, found.version) == (Kind.CRI, "acme-boom", "1.2")
    assert found.source == "acme-boom 1.2"
    assert "acme_boom" not in sys.modules


def test_a_good_backend_loads_beside_broken_ones(site: Site) -> None:
    site.add("boom", "raise RuntimeError('x')")
    site.add("nice", _good("nice"))

    assert load("nice").summary == "made by a test"
    assert "acme_boom" not in sys.modules


def test_one_installed_a_moment_ago_is_seen(site: Site) -> None:
    site.add("first", _good("first"))
    assert load("first").name == "first"

    site.add("second", _good("second"))

    assert load("second").name == "second"


@pytest.mark.parametrize(
    ("code", "target", "why"),
    [
        ("import a_module_nobody_has", "backend", r"needs the Python module 'a_module_nobody_has'"),
        ("raise RuntimeError('no luck')", "backend", "is broken: RuntimeError: no luck"),
        ("raise SystemExit(3)", "backend", "is broken: SystemExit: 3"),
        ("assert False, 'sure'", "backend", "is broken: AssertionError: sure"),
        ("x = 1", "backend", "is broken: AttributeError"),
        ("backend = object()", "backend", "has no name, kind"),
        (_good("odd"), "_Backend", "is a class"),
        (_good("other"), "backend", "calls itself 'other'"),
    ],
)
def test_what_is_wrong_with_a_backend_is_told_apart(
    site: Site, code: str, target: str, why: str
) -> None:
    site.add("odd", code, target=target)

    with pytest.raises(errors.BackendUnavailable, match=why) as caught:
        load("odd")

    assert "acme-odd 1.2" in str(caught.value)
    assert "reinstall or upgrade acme-odd" in str(caught.value)


def test_a_missing_module_of_its_own_is_broken_and_no_missing_dependency(site: Site) -> None:
    site.add("gone", "")
    (site.folder / "acme_gone.py").unlink()

    with pytest.raises(errors.BackendUnavailable, match="module 'acme_gone' doesn't exist"):
        load("gone")


def test_one_name_from_two_packages_names_both(site: Site) -> None:
    site.add("twice", _good("twice"), dist="acme-one")
    site.add("twice", _good("twice"), dist="acme-two", kind="pod")

    with pytest.raises(errors.BackendUnavailable, match=r"acme-one 1\.2.*acme-two 1\.2"):
        load("twice")


def test_a_known_one_that_is_missing_comes_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(discovery.EXTRAS, "rocket", "rkt")

    with pytest.raises(errors.BackendUnavailable, match=r"pip install '\.\[rkt\]'"):
        load("rocket")


def test_a_mistyped_name_is_corrected(site: Site) -> None:
    site.add("containernd", _good("containernd"))

    with pytest.raises(errors.BackendUnavailable, match="did you mean 'containernd'"):
        load("containernds")


def test_the_order_is_asked_environment_file_default() -> None:
    environ = {"RUNTIMES_BACKEND": "env"}

    assert choose("asked", "file", environ=environ).name == "asked"
    assert choose(None, "file", environ=environ) == Choice("env", "RUNTIMES_BACKEND=env")
    assert choose(None, "file", environ={}).name == "file"
    assert choose(environ={}) == Choice("oci", "the default")


def test_auto_takes_the_first_usable_and_says_why(site: Site) -> None:
    site.add("aaa", _good("aaa", "UNUSABLE"))
    site.add("bbb", _good("bbb"))
    site.add("ccc", "raise RuntimeError")

    def probe(name: str) -> Probe:
        if name.startswith(("aaa", "bbb", "ccc")):
            return load(name).probe()
        return Probe(ProbeState.UNUSABLE, "not in this test", "none")

    choice = choose("auto", environ={}, probe=probe)

    assert choice.name == "bbb"
    assert "reason of bbb" in choice.why


def test_auto_without_a_usable_one_lists_every_reason(site: Site) -> None:
    site.add("aaa", _good("aaa", "UNUSABLE"))

    def probe(name: str) -> Probe:
        if name == "aaa":
            return load(name).probe()
        raise errors.BackendUnavailable(f"{name} is off")

    with pytest.raises(errors.BackendUnavailable) as caught:
        choose(environ={"RUNTIMES_BACKEND": "auto"}, probe=probe)

    assert "reason of aaa; remedy" in str(caught.value)
    assert "oci is off" in str(caught.value)


def test_the_metadata_are_read_as_pythons_own_reader_does() -> None:
    from importlib import metadata

    from runtimes.core.discovery.entry_points import entry_points, version_of

    assert version_of("runtimes-core") == metadata.version("runtimes-core")
    assert version_of("nobody-has-this") == ""
    for group in ("runtimes.cri", "runtimes.pod", "runtimes.docker", "pytest11", "console_scripts"):
        ours = {(point.name, point.target) for point in entry_points(group)}
        theirs = {(point.name, point.value) for point in metadata.entry_points(group=group)}

        assert ours == theirs


def test_one_in_a_zip_file_is_found_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    archive = tmp_path / "acme.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("acme_zipped.py", _good("zipped"))
        file.writestr("acme_zipped-1.dist-info/METADATA", "Name: acme-zipped\nVersion: 1\n")
        file.writestr(
            "acme_zipped-1.dist-info/entry_points.txt",
            "[runtimes.cri]\nzipped = acme_zipped:backend\n",
        )
    monkeypatch.syspath_prepend(str(archive))

    try:
        assert load("zipped").name == "zipped"
    finally:
        sys.modules.pop("acme_zipped", None)
