"""Rules of names. Each function returns what is wrong with a text, None if nothing is.

Source: apimachinery pkg/util/validation/validation.go.
"""

from __future__ import annotations

import ipaddress
import re

from runtimes.kubelet.manifest.decode.words import quote

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SEARCH = re.compile(r"_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:\._?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_PORT_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADER = re.compile(r"[-A-Za-z0-9]+")
_SYSCTL_PART = r"[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_SYSCTL = re.compile(rf"(?:{_SYSCTL_PART}[./])*{_SYSCTL_PART}")
EMPTY = "must not be empty"
_MAX_LABEL = 63
_MAX_SUBDOMAIN = 253
_MAX_PORT_NAME = 15


def dns_label(text: str) -> str | None:
    if not text:
        return EMPTY
    if len(text) > _MAX_LABEL:
        return f"{quote(text)} has more than {_MAX_LABEL} characters"
    if not _DNS_LABEL.fullmatch(text):
        return (
            f"{quote(text)} must be lower-case letters, digits and '-', "
            "with a letter or digit at both ends"
        )
    return None


def dns_subdomain(text: str) -> str | None:
    if not text:
        return EMPTY
    if len(text) > _MAX_SUBDOMAIN:
        return f"{quote(text)} has more than {_MAX_SUBDOMAIN} characters"
    if not _DNS_SUBDOMAIN.fullmatch(text):
        return (
            f"{quote(text)} must be lower-case letters, digits, '-' and '.', "
            "with a letter or digit at both ends of each part"
        )
    return None


def search_domain(text: str) -> str | None:
    """Judge an entry of a DNS search list, which may have underscores and a final dot."""
    domain = text.removesuffix(".")
    if text == "." or (len(domain) <= _MAX_SUBDOMAIN and _SEARCH.fullmatch(domain)):
        return None
    return f"{quote(text)} is not a domain name in lower case"


def qualified_name(text: str) -> str | None:
    """Judge ``name`` or ``example.com/name``, as keys of labels and annotations are."""
    if not text:
        return EMPTY
    prefix, slash, name = text.rpartition("/")
    if slash and (not prefix or dns_subdomain(prefix)):
        return f"{quote(text)}: what is before '/' must be a domain name in lower case"
    if not name:
        return f"{quote(text)} has no name"
    if len(name) > _MAX_LABEL:
        return f"{quote(text)}: the name has more than {_MAX_LABEL} characters"
    if not _QUALIFIED.fullmatch(name):
        return (
            f"{quote(text)} must be letters, digits, '-', '_' and '.', "
            "with a letter or digit at both ends"
        )
    return None


def label_value(text: str) -> str | None:
    if len(text) > _MAX_LABEL:
        return f"{quote(text)} has more than {_MAX_LABEL} characters"
    if text and not _QUALIFIED.fullmatch(text):
        return (
            f"{quote(text)} must be letters, digits, '-', '_' and '.', "
            "with a letter or digit at both ends"
        )
    return None


def config_key(text: str) -> str | None:
    if len(text) > _MAX_SUBDOMAIN:
        return f"{quote(text)} has more than {_MAX_SUBDOMAIN} characters"
    if not _CONFIG_KEY.fullmatch(text) or text == "." or text.startswith(".."):
        return f"{quote(text)} must be letters, digits, '-', '_' and '.', not beginning with '..'"
    return None


def env_name(text: str) -> str | None:
    if "=" in text or not text.isascii() or not text.isprintable():
        return f"{quote(text)} must be printable ASCII characters other than '='"
    return None


def port_name(text: str) -> str | None:
    if len(text) > _MAX_PORT_NAME:
        return f"{quote(text)} has more than {_MAX_PORT_NAME} characters"
    if not _PORT_NAME.fullmatch(text) or not re.search("[a-z]", text):
        return (
            f"{quote(text)} must be lower-case letters, digits and single '-' between them, "
            "with at least one letter"
        )
    return None


def port_number(number: int) -> str | None:
    return None if 1 <= number <= 65535 else f"{number} is not a port: 1 to 65535"


def port(value: int | str | None) -> str | None:
    """Judge a port's number or name."""
    if isinstance(value, str):
        return port_name(value)
    return port_number(value or 0)


def ip(text: str) -> str | None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f"{quote(text)} is not an IP address"
    return None


def sysctl(text: str) -> str | None:
    if len(text) > _MAX_SUBDOMAIN or not _SYSCTL.fullmatch(text):
        return f"{quote(text)} is not a kernel parameter such as net.ipv4.tcp_syncookies"
    return None


def header(text: str) -> str | None:
    return None if _HEADER.fullmatch(text) else f"{quote(text)} is not the name of an HTTP header"


def no_backsteps(text: str) -> str | None:
    return f"{quote(text)} must not have '..' in it" if ".." in text.split("/") else None


def relative(text: str) -> str | None:
    """Judge a path that must stay below where it starts."""
    if text.startswith("/"):
        return f"{quote(text)} must be relative, without '/' at its start"
    return no_backsteps(text)


def file_in_volume(text: str) -> str | None:
    """Judge a path of a file in a volume; names with two dots in front are the volume's own."""
    if text.startswith("..") and not text.startswith("../"):
        return f"{quote(text)} must not begin with '..'"
    return relative(text)


def absolute(text: str) -> str | None:
    return None if text.startswith("/") else f"{quote(text)} must be an absolute path"
