"""System calls that a page may not make, whatever its rights: they reach past the namespaces.

A filter of classic BPF, which every process inside inherits; see ``<linux/seccomp.h>``. It refuses
user namespaces (root in one regains what was dropped), kernel keys and the kernel's log, which no
namespace holds. Other calling conventions than the machine's own are refused, as their numbers differ.
"""

import ctypes
import errno
import platform
import struct

from prtip_guide.verify import linux

# By machine: audit architecture, clone, unshare, clone3, then those that are refused outright.
# asm/unistd.h: add_key, request_key, keyctl, syslog.
CALLS = {
    "x86_64": (0xC000003E, 56, 272, 435, (248, 249, 250, 103)),
    "aarch64": (0xC00000B7, 220, 97, 435, (217, 218, 219, 116)),
}
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_GE, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # struct seccomp_data
ALLOW, ERROR = 0x7FFF0000, 0x00050000
MODE_FILTER = 2
X32_BIT = 0x40000000


def refuse() -> None:
    """Install the filter for this process and all that it starts; needs CAP_SYS_ADMIN in its user namespace.

    Raises OSError where the kernel refuses. On a machine that CALLS does not know, nothing is refused.
    """
    program = _program(platform.machine())
    if not program:
        return
    buffer = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    linux.set_seccomp(MODE_FILTER, ctypes.create_string_buffer(header))


def _program(machine: str) -> list[bytes]:
    if machine not in CALLS:
        return []
    arch, clone, unshare, clone3, refused = CALLS[machine]
    denied, missing = ERROR | errno.EPERM, ERROR | errno.ENOSYS
    return [
        _code(LOAD, ARCH_AT),
        _code(JUMP_EQUAL, arch, 1, 0),
        _code(RETURN, missing),
        _code(LOAD, NUMBER_AT),
        _code(JUMP_GE, X32_BIT, 0, 1),
        _code(RETURN, missing),
        # The flags of clone3 lie in memory, where a filter cannot look; without it, libraries take clone.
        _code(JUMP_EQUAL, clone3, 0, 1),
        _code(RETURN, missing),
        *[part for number in refused for part in (_code(JUMP_EQUAL, number, 0, 1), _code(RETURN, denied))],
        _code(JUMP_EQUAL, clone, 2, 0),
        _code(JUMP_EQUAL, unshare, 1, 0),
        _code(RETURN, ALLOW),
        _code(LOAD, FIRST_ARGUMENT_AT),
        _code(JUMP_SET, linux.NEWUSER, 0, 1),
        _code(RETURN, denied),
        _code(RETURN, ALLOW),
    ]


def _code(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", operation, if_true, if_false, value)
