"""Which files a page wrote or deleted: what the upper side of its overlay holds."""

import os

# The books of package managers: they drown the rest, and name registries.
BOOKKEEPING = frozenset({"/var/lib/apt", "/var/lib/dpkg", "/var/cache", "/var/log"})


def files_below(folder: int) -> dict[str, int]:
    """What was written or deleted below an open folder, with the time of its last change in ns."""
    changed = {}
    for path, folders, files, descriptor in os.fwalk(".", dir_fd=folder):
        folders[:] = [name for name in folders if os.path.join(path, name)[1:] not in BOOKKEEPING]
        for name in files:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            changed[os.path.join(path, name)[1:].encode(errors="replace").decode()] = status.st_ctime_ns
    return changed
