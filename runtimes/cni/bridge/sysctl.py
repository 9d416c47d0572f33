"""Kernel settings of the calling thread's network namespace."""

from __future__ import annotations

from pathlib import Path

from runtimes.core import errors

_ROOT = Path("/proc/sys/net")


def ensure(name: str, value: str) -> bool:
    """Set e.g. ``ipv4/ip_forward`` unless it has the value; tell whether it was changed.

    Raises:
        FailedPrecondition: the setting can't be changed here.
    """
    path = _ROOT / name
    try:
        if path.read_text().strip() == value:
            return False
        path.write_text(value)
    except OSError as error:
        setting = f"net.{name.replace('/', '.')}={value}"
        raise errors.FailedPrecondition(
            f"set {setting}: {error}; set it on the host: sysctl -w {setting}"
        ) from error
    return True


def forward_ipv6() -> None:
    """Forward IPv6, without losing the routes that the host learns from router advertisements."""
    if (_ROOT / "ipv6/conf/all/forwarding").read_text().strip() == "1":
        return
    for setting in _ROOT.glob("ipv6/conf/*/accept_ra"):
        if setting.read_text().strip() == "1":
            setting.write_text("2")
    ensure("ipv6/conf/all/forwarding", "1")
