"""The inside of the sandbox: its process 1, which starts what it is told to.

Runs as a program of its own, without the runner's environment and memory, and gives up every
capability that reaches past the sandbox before the first command of a page runs. Talks to
``sandbox.py`` in JSON messages over one socket; when the socket closes, everything in here ends.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import stat
import sys
from pathlib import Path
from typing import Any

from prtip_guide.verify import linux, mapping, seccomp, settings
from prtip_guide.verify.cgroup import MAX_PROCESSES, bounded
from prtip_guide.verify.changes import files_below
from prtip_guide.verify.rootfs import HOME, ROOT, UPPER, RootFs

MESSAGE_BYTES = 1 << 17
# Counted for the reader in all sandboxes together; each has its own bound where there are control groups.
USER_PROCESSES = 4 * MAX_PROCESSES
MAX_CHANGES = 1000
# What these allow is bounded by the user namespace: mounts, network namespaces, tracing of its processes.
OWN_POWERS = ("sys_admin", "sys_ptrace")
# Where memory runs out, a page's processes go before anything else of the machine.
EXPENDABLE = "800"


def main(descriptor: int) -> None:
    """Read the configuration, make the namespaces, and wait for the sandbox to end."""
    channel = socket.socket(fileno=descriptor)
    # Descriptors of locks come with it: they stay open here, so held, until the settings are restored.
    data, _, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 16)
    if not data:  # started ahead, and nobody wanted it
        return
    config = json.loads(data)
    owner = os.geteuid(), os.getegid()
    try:
        child = _start_mapped(channel, config) if config["own_users"] else _start(channel, config, owner)
    except OSError as error:
        channel.send(json.dumps({"error": str(error)}).encode())
        sys.exit(1)
    with bounded(child, config["memory_bytes"]):
        channel.send(json.dumps({"pid": child}).encode())
        channel.close()
        os.waitpid(child, 0)
    settings.restore(config["settings"])
    if config["settings"]:
        Path(config["journal"]).unlink(missing_ok=True)


def _start(channel: socket.socket, config: dict[str, Any], owner: tuple[int, int]) -> int:
    linux.unshare(linux.NEWPID | (0 if config["privileged"] else linux.NEWUSER))
    if not config["privileged"]:
        _map_ids(0, owner)
    child = os.fork()
    if child == 0:
        _Container(channel, config).run()
    return child


def _start_mapped(channel: socket.socket, config: dict[str, Any]) -> int:
    """Start process 1 in a user namespace of its own; it waits until its users and files are there."""
    linux.unshare(linux.NEWNS)
    linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
    ready, go = os.pipe()
    child = linux.fork_into(linux.NEWUSER | linux.NEWPID)
    if child == 0:
        os.close(go)
        if not os.read(ready, 1):
            os._exit(1)
        for become in (os.setresgid, os.setresuid):
            become(0, 0, 0)
        os.setgroups([])
        _Container(channel, mapping.as_shown(config)).run()
    os.close(ready)
    mapping.map_users(child)
    mapping.show_mapped(config, child)
    os.write(go, b"x")
    os.close(go)
    return child


def _map_ids(inside: int, outside: tuple[int, int]) -> None:
    """Be ``inside`` in the user namespace just made, for the one user and group that may be mapped."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {outside[0]} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {outside[1]} 1")


class _Container:
    """Process 1 of the sandbox."""

    def __init__(self, channel: socket.socket, config: dict[str, Any]) -> None:
        self.channel, self.config = channel, config
        self.privileged: bool = config["privileged"]
        self.uid: int = config["uid"]

    def run(self) -> None:
        try:
            linux.die_with_parent(signal.SIGKILL)
            self._let_go()
            linux.unshare(linux.NEWNS | linux.NEWNET | linux.NEWIPC | linux.NEWUTS)
            RootFs(self.config).make()
            self.upper = os.open(UPPER, os.O_RDONLY | os.O_DIRECTORY)
            self.made = files_below(self.upper)
            linux.pivot_root(ROOT)
            if self.privileged:  # else each program refuses for itself, in a user namespace of its own
                seccomp.refuse(self.config["system_wide"])
                # Its memory came from outside the user namespace: there no capability inside opens it.
                linux.hide_memory()
            linux.drop_capabilities(self._kept())
            self._serve()
        except OSError as error:
            self._tell({"error": str(error)})
        finally:
            os._exit(0)

    def _kept(self) -> tuple[str, ...]:
        """Capabilities that stay: harmless in a user namespace, or asked for by whoever runs the page."""
        if self.config["own_users"]:
            return OWN_POWERS
        return ("bpf",) if self.config["system_wide"] else ()

    def _let_go(self) -> None:
        """Keep nothing of the host open but the channel: root inside can reach what process 1 holds."""
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != self.channel.fileno():
                _close(int(name))

    def _serve(self) -> None:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        self._tell({"ready": True})
        while True:
            ready, _, _ = select.select([self.channel.fileno(), reader], [], [])
            if reader in ready:
                os.read(reader, 4096)
                self._reap()
            if self.channel.fileno() in ready and not self._answer():
                return

    def _answer(self) -> bool:
        """Do what one message asks; False when the runner is gone."""
        data, descriptors, _, _ = socket.recv_fds(self.channel, MESSAGE_BYTES, 16)
        if not data:
            return False
        request = json.loads(data)
        match request.pop("do"):
            case "spawn":
                self._tell({"spawned": self._spawn(descriptors, **request)})
            case "read":
                self._tell({"read": self._read(descriptors[0], **request)})
            case "kill":
                self._kill_all()
                self._tell({"killed": True})
            case "changes":
                changed = sorted(name for name, _ in files_below(self.upper).items() - self.made.items())
                while len(changed) > MAX_CHANGES or len(json.dumps(changed)) > MESSAGE_BYTES // 2:
                    changed = changed[: len(changed) // 2]
                self._tell({"changes": changed})
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _spawn(self, descriptors: list[int], argv: list[str], env: dict[str, str], cwd: str, numbers: list[int]) -> int:
        """Start a program as the reader, in a session of its own, with ``descriptors`` as ``numbers``."""
        child = os.fork()
        if child:
            return child
        try:
            os.setsid()
            if not self.config["own_users"]:
                Path("/proc/self/oom_score_adj").write_text(EXPENDABLE)
            self._become_reader()
            high = [os.dup2(fd, 200 + n) for n, fd in enumerate(descriptors)]
            for fd, number in zip(high, numbers, strict=True):
                os.dup2(fd, number)
            for fd in range(3, 256):
                if fd not in numbers:
                    _close(fd)
            for name in ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD"):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
            _enter(cwd)
            if self.config["own_users"]:  # what this process has in /proc is not its own until it is another program
                argv = ["/bin/sh", "-c", f'echo {EXPENDABLE} >/proc/self/oom_score_adj; exec "$0" "$@"', *argv]
            os.execve(argv[0], argv, env)
        except OSError as error:
            os.write(2, f"{argv[0]}: {error}\n".encode())
        os._exit(127)

    def _become_reader(self) -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self.privileged:
            resource.setrlimit(resource.RLIMIT_NPROC, (USER_PROCESSES, USER_PROCESSES))
            os.setgroups([])
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)
        else:
            linux.unshare(linux.NEWUSER)
            _map_ids(self.uid, (0, 0))
            seccomp.refuse()

    def _read(self, out: int, path: str, cwd: str, limit: int) -> str:
        """Copy a regular file into ``out``, opened with the reader's rights; return what went wrong."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self._become_reader()
                os.chdir(cwd)
                code = _copy(path, out, limit)
            except OSError:
                code = 2
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        return {0: "", 2: "was not written", 3: "is not a file", 4: f"is larger than {limit} bytes"}.get(
            os.waitstatus_to_exitcode(status), "cannot be read"
        )

    def _kill_all(self) -> None:
        """End every process of the sandbox but this one, however fast they fork."""
        while True:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            if not self._reap(block=True):
                return

    def _reap(self, block: bool = False) -> bool:
        """Collect ended children and report them; False when there is none left."""
        while True:
            try:
                pid, status = os.waitpid(-1, 0 if block else os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self._tell({"ended": pid, "status": os.waitstatus_to_exitcode(status)})
            if block:
                return True

    def _tell(self, message: dict[str, Any]) -> None:
        # Where the runner is gone, the next receive sees it and ends the sandbox.
        with contextlib.suppress(OSError):
            self.channel.send(json.dumps(message).encode())


def _enter(folder: str) -> None:
    """Change to ``folder``, or to where a login would end up when a page removed it."""
    for place in (folder, HOME, "/"):
        with contextlib.suppress(OSError):
            os.chdir(place)
            return


def _copy(path: str, out: int, limit: int) -> int:
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return 3
        if status.st_size > limit:
            return 4
        with open(out, "wb", closefd=False) as target:
            target.write(file.read(limit))
    return 0


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)
