"""The error tree: gRPC's codes as classes, so that an edge maps by name and needs no table.

Error:
    |-- NotFound            no such sandbox, container or image
    |   `-- ImageNotFound
    |-- AlreadyExists
    |-- InvalidArgument     the caller's input is wrong; retrying can't help
    |   `-- InvalidManifest (runtimes.kubelet) every mistake of a manifest, with file and line
    |-- FailedPrecondition  right call, wrong state (exec in a stopped container)
    |-- PermissionDenied
    |-- Unauthenticated     a registry refused the credentials
    |-- ResourceExhausted   disk, memory, ports, addresses
    |-- Aborted             lost a race; the caller may start over
    |-- Canceled            the caller gave up
    |-- DeadlineExceeded    the time ran out; what was started is stopped where that is possible
    |-- Unavailable         engine, registry or host can't serve now; the only one worth retrying
    |   |-- BackendUnavailable   not installed, broken, or not usable on this host
    |   `-- RegistryUnavailable
    |-- Unimplemented       declared in the capabilities as missing
    |-- DataLoss            a digest or a record doesn't match
    `-- Internal            a bug of ours, or an engine's answer that makes no sense

A message says what was tried, on which object, and what to do about it.
"""

from __future__ import annotations


class Error(Exception):
    """Root of everything this project raises on purpose.

    Attributes:
        code: gRPC's name of the code, e.g. ``NOT_FOUND``.
    """

    code = "UNKNOWN"


class NotFound(Error):
    code = "NOT_FOUND"


class ImageNotFound(NotFound):
    pass


class AlreadyExists(Error):
    code = "ALREADY_EXISTS"


class InvalidArgument(Error):
    code = "INVALID_ARGUMENT"


class FailedPrecondition(Error):
    code = "FAILED_PRECONDITION"


class PermissionDenied(Error):
    code = "PERMISSION_DENIED"


class Unauthenticated(Error):
    code = "UNAUTHENTICATED"


class ResourceExhausted(Error):
    code = "RESOURCE_EXHAUSTED"


class Aborted(Error):
    code = "ABORTED"


class Canceled(Error):
    code = "CANCELLED"


class DeadlineExceeded(Error):
    code = "DEADLINE_EXCEEDED"


class Unavailable(Error):
    code = "UNAVAILABLE"


class BackendUnavailable(Unavailable):
    """A backend can't be opened; the message ends with the remedy."""


class RegistryUnavailable(Unavailable):
    pass


class Unimplemented(Error):
    code = "UNIMPLEMENTED"


class DataLoss(Error):
    code = "DATA_LOSS"


class Internal(Error):
    code = "INTERNAL"


BY_CODE: dict[str, type[Error]] = {
    cls.code: cls
    for cls in (
        NotFound, AlreadyExists, InvalidArgument, FailedPrecondition, PermissionDenied,
        Unauthenticated, ResourceExhausted, Aborted, Canceled, DeadlineExceeded, Unavailable,
        Unimplemented, DataLoss, Internal,
    )
}  # fmt: skip
"""From gRPC's code name to the class that an edge raises for it."""
