"""A user namespace for a page that needs one: its root has power over what it makes, and over nothing else.

Users 0 to 65535 inside are users of the host that own nothing. What the sandbox shows of the host is
shown with its owners mapped the same way, so that ``sudo`` works and no file of the host's root is
anybody's inside. Needs root, Linux 5.19, and disks whose owners can be mapped (not an overlay).
"""

import os
from pathlib import Path
from typing import Any

from prtip_guide.verify import linux

# systemd leaves this range to nobody: https://systemd.io/UIDS-GIDS/
FIRST_USER, USERS = 0x7A000000, 65536
# Where the mapped files are attached, in the supervisor's own mount namespace; any folder that every root has.
PLACE = "/srv"


def map_users(child: int) -> None:
    """Give the user namespace of process ``child``, just made, its users."""
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{name}").write_text(f"0 {FIRST_USER} {USERS}")


def show_mapped(config: dict[str, Any], child: int) -> None:
    """Attach every folder of ``config`` below PLACE with its owners mapped, and copy the files there."""
    namespace = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    trees = [linux.open_mapped(path, namespace) for path in _folders(config)]
    files = [Path(source).read_bytes() for source, _ in config["files"]]
    linux.mount("tmpfs", PLACE, "tmpfs", 0, "mode=755")
    for number, tree in enumerate(trees):
        Path(PLACE, str(number)).mkdir()
        linux.attach(tree, f"{PLACE}/{number}")
    for number, content in enumerate(files):
        Path(PLACE, f"file-{number}").write_bytes(content)
    os.close(namespace)


def as_shown(config: dict[str, Any]) -> dict[str, Any]:
    """The same configuration with the places where ``show_mapped`` puts things."""
    places = (f"{PLACE}/{number}" for number in range(len(_folders(config))))
    return config | {
        "root": next(places),
        "disks": [(next(places), mount) for _, mount in config["disks"]],
        "layers": [(next(places), inside) for _, inside in config["layers"]],
        "files": [(f"{PLACE}/file-{number}", inside) for number, (_, inside) in enumerate(config["files"])],
    }


def _folders(config: dict[str, Any]) -> list[str]:
    return [config["root"], *[source for source, _ in [*config["disks"], *config["layers"]]]]
