"""The few Linux calls that Python 3.11 does not have: namespaces, mounts and capabilities.

Every call raises OSError with the name of what was tried. Constants are those of ``<linux/*.h>``.
"""

import ctypes
import os
import platform
import signal as signals
import struct
from collections.abc import Collection

NEWNS, NEWUTS, NEWIPC, NEWUSER = 0x00020000, 0x04000000, 0x08000000, 0x10000000
NEWPID, NEWNET = 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT = 0x1, 0x2, 0x4, 0x8, 0x20
BIND, REC, PRIVATE = 0x1000, 0x4000, 0x40000
DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CLONE = {"x86_64": 56, "aarch64": 220}
# The same numbers on every machine; asm-generic/unistd.h.
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
OPEN_TREE_CLONE, MOVE_FROM_DESCRIPTOR, EMPTY_PATH, ATTR_IDMAP, HERE = 0x1, 0x4, 0x1000, 0x100000, -100
SET_PDEATHSIG, SET_DUMPABLE, SET_SECCOMP, CAPBSET_DROP = 1, 4, 22, 24
# Capabilities that reach past the sandbox: devices, disks, clocks, modules, mounts, the whole host.
# linux/capability.h, by number.
DROPPED = {
    "dac_read_search": 2,
    "linux_immutable": 9,
    "sys_module": 16,
    "sys_rawio": 17,
    "sys_ptrace": 19,
    "sys_pacct": 20,
    "sys_admin": 21,
    "sys_boot": 22,
    "sys_nice": 23,
    "sys_resource": 24,
    "sys_time": 25,
    "sys_tty_config": 26,
    "mknod": 27,
    "audit_control": 30,
    "mac_override": 32,
    "mac_admin": 33,
    "wake_alarm": 35,
    "block_suspend": 36,
    "audit_read": 37,
    "bpf": 39,
    "checkpoint_restore": 40,
}
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` name for new ones."""
    _check(_libc.unshare(flags), f"unshare({flags:#x})")


def enter(namespace: str) -> None:
    """Join the namespace behind a file such as ``/proc/1/ns/net``."""
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.setns(descriptor, 0), f"setns({namespace})")
    finally:
        os.close(descriptor)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Attach a file system, or change how one is attached; the manual of the system call tells more."""
    arguments = [text.encode() or None for text in (source, target, kind)]
    result = _libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None)
    _check(result, f"mount {kind or source} on {target}")


def pivot_root(new_root: str) -> None:
    """Make ``new_root`` the root and let go of the old one, so that no chroot finds the way back."""
    os.chdir(new_root)
    _check(_libc.syscall(PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", DETACH), "unmount the old root")
    os.chdir("/")


def die_with_parent(signal: int) -> None:
    """Ask for ``signal`` when the parent process ends."""
    _check(_libc.prctl(SET_PDEATHSIG, signal, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def set_seccomp(mode: int, program: ctypes.Array[ctypes.c_char]) -> None:
    """Install a filter of system calls."""
    _check(_libc.prctl(SET_SECCOMP, mode, program, 0, 0), "prctl(PR_SET_SECCOMP)")


def hide_memory() -> None:
    """Let nobody without CAP_SYS_PTRACE look into this process or trace it."""
    _check(_libc.prctl(SET_DUMPABLE, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def fork_into(flags: int) -> int:
    """Fork a child that begins in new namespaces; returns its number, and 0 in the child."""
    # PyDLL keeps the interpreter's lock, so that the child of this only thread has it too.
    number = CLONE[platform.machine()]
    child = int(ctypes.PyDLL(None, use_errno=True).syscall(number, ctypes.c_ulong(flags | signals.SIGCHLD), 0, 0, 0, 0))
    if child == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    elif child < 0:
        raise OSError(ctypes.get_errno(), f"clone({flags:#x}): {os.strerror(ctypes.get_errno())}")
    return child


def open_mapped(path: str, user_namespace: int) -> int:
    """A copy of the mount at ``path``, without those below it, whose owners are those of ``user_namespace``.

    Root on disk is then root in that namespace. Needs Linux 5.12 and a file system that can do it.
    """
    tree = int(_libc.syscall(OPEN_TREE, HERE, path.encode(), OPEN_TREE_CLONE | os.O_CLOEXEC))
    _check(tree, f"open_tree {path}")
    attributes = ctypes.create_string_buffer(struct.pack("4Q", ATTR_IDMAP, 0, 0, user_namespace), 32)
    size = ctypes.c_size_t(32)
    _check(_libc.syscall(MOUNT_SETATTR, tree, b"", EMPTY_PATH, attributes, size), f"map the owners of {path}")
    return tree


def attach(tree: int, target: str) -> None:
    """Attach what ``open_mapped`` returned, and close it."""
    _check(_libc.syscall(MOVE_MOUNT, tree, b"", HERE, target.encode(), MOVE_FROM_DESCRIPTOR), f"mount on {target}")
    os.close(tree)


def drop_capabilities(kept: Collection[str] = ()) -> None:
    """Give up DROPPED but for ``kept``, for this process and whatever it or ``sudo`` starts."""
    dropped = [number for name, number in DROPPED.items() if name not in kept]
    for number in dropped:
        # A kernel older than a capability answers EINVAL: then there is nothing to drop.
        _libc.prctl(CAPBSET_DROP, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: low words, then high words
    _check(_libc.capget(header, sets), "capget")
    for number in dropped:
        word, mask = number // 32 * 3, ~(1 << number % 32) & 0xFFFFFFFF
        sets[word] &= mask
        sets[word + 1] &= mask
        sets[word + 2] &= mask
    _check(_libc.capset(header, sets), "capset")
