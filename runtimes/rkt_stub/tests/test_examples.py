"""A sample of the manifests in examples/pods does on rkt what it does on the embedded backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runtimes.client import connect
from runtimes.client.tests.pod_examples import EXAMPLES, Outcomes, node, run_all

if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.world import World

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_oci,
    pytest.mark.needs_registry,
    pytest.mark.timeout(300),
]
NAMES = (
    "exit-code",
    "files-of-the-node",
    "graceful-end",
    "init-chain",
    "last-words",
    "unknown-runtime",
)


@pytest.fixture(scope="module")
def on_rkt(usable_world: World, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    rkt = usable_world.rkt
    folder = tmp_path_factory.mktemp("examples")
    chosen = [path for path in EXAMPLES if path.stem in NAMES]
    settings: dict[str, Any] = {
        "program": rkt.program,
        "dir": rkt.dir,
        "local_config": rkt.local_config,
        "insecure_options": ",".join(rkt.insecure),
    }
    with node(folder) as kubelet, connect("rkt", kubelet=kubelet, **settings) as runtime:
        return run_all(runtime, chosen, usable_world.image)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_does_the_same_on_rkt(on_rkt: Outcomes, name: str) -> None:
    assert on_rkt[name].result().broken == []
