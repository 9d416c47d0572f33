"""A runtime in whatever language, certified by its socket: containerd, as its author would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.tests.contract_command import contract

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_containerd, pytest.mark.needs_root]

IGNORED = "cri.image.list.list_images_by_reference"
KNOWN = f"""
[[known-failure]]
test = "{IGNORED}"
reason = "the filter of ListImages is ignored"
link = "https://example.org/1"
"""


@pytest.fixture
def endpoint(runtimes_engines: EngineSession) -> str:
    return runtimes_engines.env("containerd")["CONTAINER_RUNTIME_ENDPOINT"]


@pytest.mark.parametrize(
    ("arguments", "ending"),
    [
        (("--test", "cri.runtime.version"), (0, "is conformant")),
        (("--test", IGNORED), (1, "is not conformant")),
        (("--test", IGNORED, "--known", "known.toml"), (3, "is partial")),
        (("--profile", "docker"), (5, "nothing ran")),
    ],
    ids=["conformant", "not-conformant", "partial", "nothing-ran"],
)
def test_a_socket_is_certified_and_the_exit_code_says_how(
    arguments: tuple[str, ...], ending: tuple[int, str], endpoint: str, tmp_path: Path
) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)

    done = contract(
        *("contract", "run", "-b", "cri", "--endpoint", endpoint, *arguments), cwd=tmp_path
    )

    code, says = ending
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout
