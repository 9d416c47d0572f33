"""`runtimes history` shows both eras of rkt: who calls whom, and the processes in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.history.story.model import load

if TYPE_CHECKING:
    from runtimes.history.story.model import Recording
    from runtimes.rkt_stub.tests.world import World

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_oci,
    pytest.mark.needs_registry,
    pytest.mark.timeout(300),
]
MANIFEST = Path(__file__).parents[3] / "examples/history.yaml"
CONFIG = """\
[backends.rkt]
{rkt}
[backends.rktshim]
{rkt}
root = "{folder}/shim"
"""
RKT = """\
program = "{program}"
dir = "{dir}"
local_config = "{local_config}"
insecure_options = "image,http"
"""


@pytest.fixture(scope="module")
def recording(usable_world: World, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder, rkt = tmp_path_factory.mktemp("history"), usable_world.rkt
    places = {"program": rkt.program, "dir": rkt.dir, "local_config": rkt.local_config}
    config = CONFIG.format(rkt=RKT.format(**places), folder=folder)
    (folder / "config.toml").write_text(config)
    pod = MANIFEST.read_text().replace("localhost/busybox:1", usable_world.image)
    (folder / "pod.yaml").write_text(pod)
    eras = ("-b", "rkt", "-b", "rktshim")
    words = ("history", str(folder / "pod.yaml"), "--runs", "1", "--json", "-", *eras)
    done = subprocess.run(
        [sys.executable, "-m", "runtimes.cli.main", *words],
        capture_output=True,
        check=False,
        env=os.environ | {"RUNTIMES_CONFIG": str(folder / "config.toml")},
        timeout=280,
    )
    assert done.returncode == 0, done.stderr.decode()
    return load(done.stdout)


@pytest.mark.parametrize("era", ["rkt", "rktshim"])
def test_an_era_of_rkt_has_its_processes_between(recording: Recording, era: str) -> None:
    told = next(one for one in recording.eras if one.era == era)

    assert told.state == "ran", told.why
    names = [link.name for link in told.chain]
    assert (names[0], names[-1]) == ("your program", "the container")
    assert told.between == len(names) - 2 > 0


def test_the_cri_is_spoken_in_the_second_era_only(recording: Recording) -> None:
    spoken = {
        one.era: {row.name for row in one.rows if row.layer == "cri"} for one in recording.eras
    }

    assert spoken["rkt"] == set()
    assert {"RunPodSandbox", "CreateContainer", "StartContainer"} <= spoken["rktshim"]
