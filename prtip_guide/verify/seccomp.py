"""System calls that a page may not make, whatever its rights: they reach past the namespaces.

A filter of classic BPF, which every process inside inherits; see ``<linux/seccomp.h>``. It refuses
user namespaces (root in one regains what was dropped), kernel keys and the kernel's log, which no
namespace holds, and perf events of a whole CPU: they carry the stacks of every process of the machine,
with what stands in them, to whoever has CAP_PERFMON. Other calling conventions than the machine's own
are refused, as their numbers differ.
"""

import ctypes
import errno
import platform
import struct

from prtip_guide.verify import linux

# By machine: audit architecture, clone, unshare, clone3, perf_event_open, then those refused outright.
# asm/unistd.h: add_key, request_key, keyctl, syslog.
CALLS = {
    "x86_64": (0xC000003E, 56, 272, 435, 298, (248, 249, 250, 103)),
    "aarch64": (0xC00000B7, 220, 97, 435, 241, (217, 218, 219, 116)),
}
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_GE, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # struct seccomp_data; eight bytes an argument, the low half first
SECOND_ARGUMENT_AT, FIFTH_ARGUMENT_AT = 24, 48
PERF_PID_CGROUP = 4  # linux/perf_event.h: the second argument is a control group, not a process
ALLOW, ERROR = 0x7FFF0000, 0x00050000
MODE_FILTER = 2
X32_BIT = 0x40000000


def refuse(system_wide: bool = False) -> None:
    """Install the filter for this process and all that it starts; needs CAP_SYS_ADMIN in its user namespace.

    With ``system_wide``, perf events of a whole CPU are let through.
    Raises OSError where the kernel refuses. On a machine that CALLS does not know, nothing is refused.
    """
    program = _program(platform.machine(), system_wide)
    if not program:
        return
    buffer = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    linux.set_seccomp(MODE_FILTER, ctypes.create_string_buffer(header))


def _program(machine: str, system_wide: bool) -> list[bytes]:
    if machine not in CALLS:
        return []
    arch, clone, unshare, clone3, perf, refused = CALLS[machine]
    denied, missing = ERROR | errno.EPERM, ERROR | errno.ENOSYS
    events = [
        _code(JUMP_EQUAL, perf, 0, 6),
        _code(LOAD, SECOND_ARGUMENT_AT),
        _code(JUMP_GE, 1 << 31, 3, 0),
        _code(LOAD, FIFTH_ARGUMENT_AT),
        _code(JUMP_SET, PERF_PID_CGROUP, 1, 0),
        _code(RETURN, ALLOW),
        # The answer of a strict perf_event_paranoid, after which perf tries its own process.
        _code(RETURN, ERROR | errno.EACCES),
    ]
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
        *([] if system_wide else events),
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
