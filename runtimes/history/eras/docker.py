"""kubelet calls Docker."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="docker",
    title="Docker, called directly",
    years="2015 to 2017, Kubernetes 1.0 to 1.6",
    backend="docker",
    idea=(
        "kubelet speaks to Docker Engine in Docker's own words. A package named dockertools turns "
        "a Pod into containers: an infra container holds the namespaces, the others join it."
    ),
    possible=(
        "Pods at all: several containers with one network and one life, made of an Engine that "
        "only knows containers, on machines that already had Docker."
    ),
    price=(
        "Every change of Docker was a change of kubelet. Another runtime had to be written into "
        "kubelet itself, against an internal interface, as rkt was."
    ),
)
