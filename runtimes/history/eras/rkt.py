"""kubelet calls rkt."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="rkt",
    title="rkt, pods without a daemon",
    years="2015 to 2018, Kubernetes 1.1 to 1.10",
    backend="rkt",
    idea=(
        "rkt knows pods itself: one program prepares a pod and becomes it, there is no daemon, and "
        "the host's init looks after the processes."
    ),
    possible=(
        "A second runtime in kubelet, and the proof that its interface had Docker's shape: "
        "whatever wasn't Docker had to bend."
    ),
    price=(
        "An rkt pod couldn't change: a container that died was a new pod. Kubernetes 1.11 removed "
        "it, and rkt itself ended in 2020."
    ),
    differs=(
        "On kubelet's machines each pod was a unit of systemd. Where a host isn't run by systemd, "
        "a small program of ours looks after it instead: `python -m supervise`."
    ),
)
