"""kubelet calls the CRI of the runtime."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="cri",
    title="A runtime that speaks the CRI",
    years="2017 to today; the only way since Kubernetes 1.24",
    backend="cri",
    service="cri client",
    idea=(
        "containerd, which Docker Engine itself is built on, and CRI-O answer the CRI's calls "
        "themselves. Engine and translator are left out."
    ),
    possible=(
        "One interface, nobody favoured: other runtimes, virtual machines as sandboxes, user "
        "namespaces and checkpoints came without a line about any of them in kubelet."
    ),
    price="A daemon that every container depends on, and `docker ps` that no longer shows them.",
)
