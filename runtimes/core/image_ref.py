"""References of images, by Docker's grammar and its familiar short names.

    [domain[:port]/]path[:tag][@algorithm:hex]

``busybox`` is short for ``docker.io/library/busybox``. The first component is a registry only
when it has a dot, a colon or a capital letter, or is ``localhost``.

Source: distribution/reference grammar and normalize.go; kubelet images/image_manager.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from runtimes.core import errors

DEFAULT_REGISTRY = "docker.io"
DEFAULT_TAG = "latest"
_OFFICIAL = "library/"
_MAX_NAME = 255

_ALNUM = r"[a-z0-9]+"
_PATH_PART = rf"{_ALNUM}(?:(?:\.|_|__|-+){_ALNUM})*"
_HOST_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REGISTRY = re.compile(_HOST)
_REPOSITORY = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(
    r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}", re.ASCII
)
_KNOWN_DIGESTS = {"sha256": 64, "sha384": 96, "sha512": 128}
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A normalised reference.

    Attributes:
        registry: host with optional port, e.g. ``docker.io``.
        repository: path inside it, e.g. ``library/busybox``.
        tag: empty when none was given.
        digest: ``sha256:...``, empty when none was given; it wins over the tag.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """As people write it: Docker Hub's parts are left out."""
        if self.registry != DEFAULT_REGISTRY or self.repository.startswith("localhost/"):
            return str(self)
        return str(self).removeprefix(f"{DEFAULT_REGISTRY}/").removeprefix(_OFFICIAL)

    @property
    def target(self) -> str:
        """What to ask a registry for: the digest, or else the tag, or else ``latest``."""
        return self.digest or self.tag or DEFAULT_TAG

    def with_default_tag(self) -> ImageRef:
        """Add ``latest`` where neither a tag nor a digest is."""
        return self if self.tag or self.digest else replace(self, tag=DEFAULT_TAG)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def parse(text: str) -> ImageRef:
    """Read a reference, familiar or full; nothing is added but registry and ``library/``.

    Raises:
        InvalidArgument: it breaks the grammar; the message says where.
    """
    if _IMAGE_ID.fullmatch(text):
        raise _invalid(text, "64 hexadecimal digits are an image's id, not its name")
    rest, at, digest = text.partition("@")
    if at:
        _check_digest(text, digest)
    rest, tag = _split_tag(rest)
    if tag is not None and not _TAG.fullmatch(tag):
        raise _invalid(text, f"'{tag}' is no tag: 128 letters, digits, '_', '.', '-' at most")
    registry, repository = _split_registry(rest)
    _check_name(text, registry, repository)
    return ImageRef(registry, repository, tag or "", digest)


def normalise(text: str) -> str:
    """Write a reference in full: ``busybox`` is ``docker.io/library/busybox:latest``.

    Raises:
        InvalidArgument: it breaks the grammar.
    """
    return str(parse(text).with_default_tag())


def with_default_tag(text: str) -> str:
    """Add ``:latest`` as kubelet does: to the text as written, without normalising the name.

    Raises:
        InvalidArgument: it breaks the grammar.
    """
    reference = parse(text)
    return text if reference.tag or reference.digest else f"{text}:{DEFAULT_TAG}"


def _split_tag(rest: str) -> tuple[str, str | None]:
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        return rest, None
    return name, tag


def _split_registry(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    registry, repository = (first, rest) if slash and is_host else (DEFAULT_REGISTRY, name)
    if registry == "index.docker.io":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = _OFFICIAL + repository
    return registry, repository


def _check_name(text: str, registry: str, repository: str) -> None:
    if not _REGISTRY.fullmatch(registry):
        raise _invalid(text, f"'{registry}' is no registry host")
    if not _REPOSITORY.fullmatch(repository):
        lower = _REPOSITORY.fullmatch(repository.lower())
        why = "a repository's name is lower-case" if lower else "that is no repository name"
        raise _invalid(text, f"'{repository}': {why}")
    if len(registry) + 1 + len(repository) > _MAX_NAME:
        raise _invalid(text, f"its name has more than {_MAX_NAME} characters")


def _check_digest(text: str, digest: str) -> None:
    algorithm, _, hexadecimal = digest.partition(":")
    length = _KNOWN_DIGESTS.get(algorithm, len(hexadecimal))
    known_is_lower = algorithm not in _KNOWN_DIGESTS or hexadecimal == hexadecimal.lower()
    if not _DIGEST.fullmatch(digest) or len(hexadecimal) != length or not known_is_lower:
        raise _invalid(text, f"'{digest}' is no digest such as sha256: and 64 hexadecimal digits")


def _invalid(text: str, why: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(f"read image reference '{text}': {why}")
