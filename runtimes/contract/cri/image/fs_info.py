"""ImageFsInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.IMAGE_FS_INFO)
def test_image_fs_info_tells_where_and_how_much(contract: Bench) -> None:
    answer = contract.service.image_fs_info()

    assert answer.image_filesystems
    for usage in answer.image_filesystems:
        assert usage.timestamp > 0
        assert usage.fs_id.mountpoint.startswith("/")
        assert usage.HasField("used_bytes")
        assert usage.HasField("inodes_used")
