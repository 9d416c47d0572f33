"""The OCI runtime spec of a container.

- `build(SpecRequest)` -> `Spec`, ready for json.dumps
- `exec_process(spec, cmd, tty=...)` -> the process of an exec
- `reader(rootfs)`, `LiveHostFiles()`: what a request reads files with
- `image_volumes(request)`; `resources.convert(cri, layout)`; `sysctls.check`, `sysctls.path`
"""

from runtimes.oci.spec.build import build
from runtimes.oci.spec.host_files import LiveHostFiles
from runtimes.oci.spec.mounts import image_volumes
from runtimes.oci.spec.process import exec_process
from runtimes.oci.spec.request import HostFiles, RootfsReader, SandboxFacts, SpecRequest
from runtimes.oci.spec.rootfs import reader
from runtimes.oci.spec.schema import Process, Spec

__all__ = [
    "HostFiles",
    "LiveHostFiles",
    "Process",
    "RootfsReader",
    "SandboxFacts",
    "Spec",
    "SpecRequest",
    "build",
    "exec_process",
    "image_volumes",
    "reader",
]
