"""Read images from a registry: manifests by name or digest, blobs by digest.

Source: OCI distribution-spec, Pulling manifests and Pulling blobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from runtimes.core import errors
from runtimes.oci.image import digest as digests
from runtimes.oci.registry import manifest
from runtimes.oci.registry.authorizer import Authorizer
from runtimes.oci.registry.blob import BlobStream
from runtimes.oci.registry.host import endpoint, is_loopback, may_be_plain
from runtimes.oci.registry.platform import choose, host_platform
from runtimes.oci.registry.transport import Call, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from runtimes.core.image_ref import ImageRef
    from runtimes.oci.registry.credentials import Credentials
    from runtimes.oci.registry.manifest import Descriptor, Manifest
    from runtimes.oci.registry.options import RegistryOptions

_MOST_MANIFEST_BYTES = 4 << 20
_MOST_CONFIG_BYTES = 16 << 20
_DEEPEST = 3
_ANY_STATUS = tuple(range(200, 600))


@dataclass(frozen=True, slots=True)
class Found:
    """An image for this platform.

    Attributes:
        digest: of what the reference names: an index where there is one.
        manifest: of the image itself.
        blobs: the manifests on the way, by digest.
    """

    digest: str
    manifest: Manifest
    blobs: dict[str, bytes]


class RegistryClient:
    """One repository of one registry. Thread-safe; a context manager that closes connections."""

    def __init__(
        self, reference: ImageRef, credentials: Credentials, options: RegistryOptions
    ) -> None:
        self._reference = reference
        self._options = options
        self._transport = Transport(options)
        scope = f"repository:{reference.repository}:pull"
        self._authorizer = Authorizer(self._transport, credentials, scope)
        self._base = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; downloads at work break off."""
        self._transport.close()

    def resolve(self) -> Found:
        """Find what the reference names, for this platform.

        Raises:
            ImageNotFound: it isn't there, or not for this platform.
            Unauthenticated: the registry wants (other) credentials.
            PermissionDenied: these may not pull it.
            RegistryUnavailable: it can't be reached or can't answer.
            DataLoss: it answers with something else than was asked for.
            InvalidArgument: what is there is no container image.
        """
        what = f"pull '{self._reference}'"
        blobs: dict[str, bytes] = {}
        top = target = self._reference.target
        media_type = ""
        for _ in range(_DEEPEST):
            data, media_type = self._manifest(target, what)
            found_digest = target if digests.is_digest(target) else digests.of(data)
            top = found_digest if not blobs else top
            blobs[found_digest] = data
            found = manifest.parse(data, media_type, what=what)
            if isinstance(found, manifest.Manifest):
                return Found(top, found, blobs)
            target = choose(found.manifests, host_platform(), what=what).digest
        raise errors.InvalidArgument(f"{what}: indexes are nested more than {_DEEPEST} deep")

    def config(self, descriptor: Descriptor) -> bytes:
        """Fetch an image's configuration.

        Raises: as `resolve`.
        """
        what = f"pull '{self._reference}': get its configuration"
        if descriptor.size_bytes > _MOST_CONFIG_BYTES:
            raise errors.InvalidArgument(f"{what}: it has {descriptor.size_bytes} bytes")
        stream = self._stream(descriptor, what).read(0, descriptor.size_bytes)
        data = bytearray()
        for piece in stream:
            data += piece
            if len(data) > descriptor.size_bytes:
                break
        digests.verify(bytes(data), descriptor.digest, what=what)
        return bytes(data)

    def blob(self, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        """Yield a layer's bytes from an offset on; the caller checks the digest.

        Raises: as `resolve`.
        """
        what = f"pull '{self._reference}': get layer {descriptor.digest}"
        return self._stream(descriptor, what).read(start, descriptor.size_bytes)

    def _stream(self, descriptor: Descriptor, what: str) -> BlobStream:
        call = Call(what, f"{self._repository(what)}/blobs/{descriptor.digest}")
        return BlobStream(self._authorizer, call, self._options.attempts)

    def _manifest(self, target: str, what: str) -> tuple[bytes, str]:
        url = f"{self._repository(what)}/manifests/{target}"
        call = Call(what, url, {"Accept": ", ".join(manifest.ACCEPTED)})
        answer = self._authorizer.send(call)
        media_type = answer.headers.get("Content-Type", "")
        announced = answer.headers.get("Docker-Content-Digest", "")
        data = self._transport.body(answer, _MOST_MANIFEST_BYTES, what)
        for wanted in {target, announced}:
            if digests.is_digest(wanted):
                digests.verify(data, wanted, what=what)
        return data, media_type

    def _repository(self, what: str) -> str:
        host = endpoint(self._reference.registry)
        if not self._base:
            self._base = f"{self._scheme(host, what)}://{host}/v2"
        return f"{self._base}/{self._reference.repository}"

    def _scheme(self, host: str, what: str) -> str:
        """Choose plain HTTP where it is allowed and spoken; a registry on loopback may do TLS."""
        if not may_be_plain(host, self._options.insecure):
            return "https"
        if not is_loopback(host):
            return "http"
        call = Call(what, f"http://{host}/v2/", accept=_ANY_STATUS, attempts=1)
        try:
            with self._transport.send(call) as answer:
                return "https" if answer.status_code == requests.codes.bad_request else "http"
        except errors.RegistryUnavailable:
            return "https"
