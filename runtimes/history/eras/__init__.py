"""The eras, one a file, in the order of time."""

from typing import Final

from runtimes.history.eras import cri, cri_dockerd, docker, dockershim, oci, rkt, rktshim

ERAS: Final = tuple(
    module.ERA for module in (docker, rkt, dockershim, rktshim, cri_dockerd, cri, oci)
)
