"""The inside of the sandbox: makes its root, then is its process 1 and starts what it is told to.

Runs as a program of its own, without the runner's environment and memory, and gives up every
capability that reaches past the sandbox before the first command of a page runs. Talks to
``sandbox.py`` in JSON messages over one socket; when the socket closes, everything in here ends.
"""

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

from prtip_guide.verify import linux, settings

STAGE = "/mnt"  # any folder that every root has; only the sandbox's mount namespace sees it covered
ROOT = f"{STAGE}/root"
HOME = "/home/reader"
MESSAGE_BYTES = 1 << 17
DISK_TYPES = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "squashfs", "erofs"})
# What of the host's tree a page must not see: homes, temporary files, sockets of services.
COVERED = ("root", "home", "mnt", "media", "srv", "boot", "tmp", "run", "var/tmp")
MASKED_PROC = ("kcore", "keys", "timer_list", "sysrq-trigger", "latency_stats", "acpi", "scsi")
READ_ONLY_PROC = ("bus", "fs", "irq", "sys")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
MAX_PROCESSES = 4096
MAX_CHANGES = 1000


def main(descriptor: int) -> None:
    """Read the configuration, make the namespaces, and wait for the sandbox to end."""
    channel = socket.socket(fileno=descriptor)
    config = json.loads(channel.recv(MESSAGE_BYTES))
    owner = os.geteuid(), os.getegid()
    try:
        linux.unshare(linux.NEWPID | (0 if config["privileged"] else linux.NEWUSER))
        if not config["privileged"]:
            _map_ids(0, owner)
    except OSError as error:
        channel.send(json.dumps({"error": str(error)}).encode())
        sys.exit(1)
    child = os.fork()
    if child == 0:
        _Container(channel, config).run()
    channel.send(json.dumps({"pid": child}).encode())
    channel.close()
    os.waitpid(child, 0)
    settings.restore(config["settings"])
    if config["settings"]:
        Path(config["journal"]).unlink(missing_ok=True)


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
            linux.unshare(linux.NEWNS | linux.NEWNET | linux.NEWIPC | linux.NEWUTS)
            self._make_root()
            self.upper = os.open(f"{STAGE}/upper", os.O_RDONLY | os.O_DIRECTORY)
            self.made = _files_below(self.upper)
            linux.pivot_root(ROOT)
            linux.drop_capabilities()
            self._serve()
        except OSError as error:
            self._tell({"error": str(error)})
        finally:
            os._exit(0)

    # The root.

    def _make_root(self) -> None:
        submounts = _disk_mounts()
        linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
        linux.mount("tmpfs", STAGE, "tmpfs", 0, f"mode=755,size={self.config['disk_bytes']}")
        if self.privileged:
            self._overlay(self.config["root"], ROOT, "")
            self._overlay_disks(submounts)
        else:
            self._overlay_folders(Path(self.config["root"]))
        for name in COVERED:
            self._cover(name)
        self._make_proc()
        self._make_dev()
        self._make_user()
        self._make_home()
        self._make_network()

    def _overlay_disks(self, mounts: list[str]) -> None:
        """An overlay of the root shows none of the disks mounted below it: give each its own."""
        for mount in mounts if self.config["root"] == "/" else ():
            if not mount.startswith(tuple(f"/{name}/" for name in COVERED)):
                self._overlay(mount, ROOT + mount, mount.strip("/").replace("/", "-"))

    def _overlay_folders(self, root: Path) -> None:
        """In a user namespace the root itself cannot be a lower side, as mounts below it are locked."""
        for folder in (f"{STAGE}/upper", ROOT):
            Path(folder).mkdir()
        linux.mount("tmpfs", ROOT, "tmpfs", 0, "mode=755")
        for entry in root.iterdir():
            inside = Path(ROOT, entry.name)
            if entry.is_symlink():
                inside.symlink_to(entry.readlink())
            elif entry.name in {*COVERED, "proc", "sys", "dev"}:
                inside.mkdir()
            elif entry.is_dir() and os.access(entry, os.R_OK | os.X_OK):
                self._overlay(str(entry), str(inside), entry.name)
                inside.chmod(0o555)

    def _overlay(self, lower: str, target: str, name: str) -> None:
        """Show ``lower`` at ``target``; what is written stays in the sandbox's own memory."""
        upper, work = f"{STAGE}/upper{name and '-' + name}", f"{STAGE}/work{name and '-' + name}"
        for folder in (upper, work):
            Path(folder).mkdir()
        Path(target).mkdir(parents=True, exist_ok=True)
        lower = lower.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
        options = f"lowerdir={lower},upperdir={upper},workdir={work}" + ("" if self.privileged else ",userxattr")
        linux.mount("overlay", target, "overlay", 0, options)

    def _cover(self, name: str) -> None:
        path = Path(ROOT, name)
        if path.is_symlink() or not path.exists():
            return
        public = name in {"tmp", "var/tmp"}
        options = f"mode={'1777' if public else '755'},size={self.config['disk_bytes']}"
        linux.mount("tmpfs", str(path), "tmpfs", linux.NODEV, options)
        if name == "run":
            Path(path, "lock").mkdir()

    def _make_proc(self) -> None:
        linux.mount("proc", f"{ROOT}/proc", "proc", linux.NOSUID | linux.NODEV | linux.NOEXEC)
        for name in READ_ONLY_PROC:
            self._rebind(f"{ROOT}/proc/{name}", linux.RDONLY | linux.NOSUID | linux.NODEV | linux.NOEXEC)
        for key in self.config["settings"]:
            self._rebind(str(settings.setting_path(key, f"{ROOT}/proc/sys")), 0, source=settings.setting_path(key))
        if self.privileged:
            for name in MASKED_PROC:
                _mask(Path(ROOT, "proc", name))
        linux.mount("sysfs", f"{ROOT}/sys", "sysfs", linux.RDONLY | linux.NOSUID | linux.NODEV | linux.NOEXEC)
        if self.privileged and Path(f"{ROOT}/sys/kernel/tracing").is_dir():
            linux.mount("tracefs", f"{ROOT}/sys/kernel/tracing", "tracefs", linux.RDONLY)

    def _rebind(self, path: str, flags: int, source: Path | None = None) -> None:
        if Path(path).exists():
            linux.mount(str(source or path), path, flags=linux.BIND)
            linux.mount("", path, flags=linux.REMOUNT | linux.BIND | flags)

    def _make_dev(self) -> None:
        dev = Path(ROOT, "dev")
        # Bound, not made: a device node made in a user namespace cannot be opened.
        linux.mount("tmpfs", str(dev), "tmpfs", linux.NOSUID, "mode=755,size=64k")
        for name in DEVICES:
            (dev / name).touch()
            linux.mount(f"/dev/{name}", str(dev / name), flags=linux.BIND)
        for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
            (dev / name).symlink_to(f"/proc/self/fd{target}")
        (dev / "pts").mkdir()
        linux.mount("devpts", str(dev / "pts"), "devpts", linux.NOSUID, "newinstance,ptmxmode=0666,mode=620")
        (dev / "ptmx").symlink_to("pts/ptmx")
        (dev / "shm").mkdir()
        linux.mount("tmpfs", str(dev / "shm"), "tmpfs", linux.NODEV, f"mode=1777,size={self.config['disk_bytes']}")

    def _make_user(self) -> None:
        """An ordinary user who may use sudo, as a reader is on their own machine."""
        uid, etc = self.uid, Path(ROOT, "etc")
        if self.privileged:
            _append(etc / "passwd", f"reader:x:{uid}:{uid}:Reader:{HOME}:/bin/bash")
            _append(etc / "group", f"reader:x:{uid}:")
            _append(etc / "shadow", "reader:*:20000:0:99999:7:::")
            if (etc / "sudoers.d").is_dir():
                rule = etc / "sudoers.d" / "zz-reader"
                rule.write_text("reader ALL=(ALL:ALL) NOPASSWD: ALL\n")
                rule.chmod(0o440)
        socket.sethostname("guide")
        if self.privileged:
            _append(etc / "hosts", "127.0.0.1 guide")
            (etc / "resolv.conf").unlink(missing_ok=True)
            (etc / "resolv.conf").write_text(f"nameserver {self.config['nameserver']}\n")

    def _make_home(self) -> None:
        home = Path(ROOT + HOME)
        home.mkdir(parents=True, exist_ok=True)
        self._own(home)
        for number, (lower, inside) in enumerate(self.config["layers"]):
            target = home / inside
            for folder in [*reversed(target.relative_to(home).parents)][1:]:
                self._own(home / folder)
            self._overlay(lower, str(target), f"home-{number}")
            self._own(target)
        for source, inside in self.config["binds"]:
            (home / inside).mkdir(parents=True, exist_ok=True)
            linux.mount(source, str(home / inside), flags=linux.BIND)
        for source, inside in self.config["files"]:
            (home / inside).parent.mkdir(parents=True, exist_ok=True)
            (home / inside).write_bytes(Path(source).read_bytes())
            (home / inside).chmod(0o755)
            self._own(home / inside)
        self._own(home / self.config["start"])

    def _own(self, path: Path) -> None:
        if not path.exists():
            path.mkdir()
        if self.privileged:
            os.chown(path, self.uid, self.uid)

    def _make_network(self) -> None:
        """Bring up loopback; there is no other interface."""
        import fcntl
        import struct

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            flags = struct.pack("16sH14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
            fcntl.ioctl(any_socket, 0x8914, flags)  # SIOCSIFFLAGS

    # The service.

    def _serve(self) -> None:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        Path("/proc/self/oom_score_adj").write_text("800")
        self._tell({"ready": True})
        while True:
            ready, _, _ = select.select([self.channel, reader], [], [])
            if reader in ready:
                os.read(reader, 4096)
                self._reap()
            if self.channel in ready and not self._answer():
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
                changed = _files_below(self.upper).items() - self.made.items()
                self._tell({"changes": [name for name, _ in changed][:MAX_CHANGES]})
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
            self._become_reader()
            high = [os.dup2(fd, 200 + n) for n, fd in enumerate(descriptors)]
            for fd, number in zip(high, numbers, strict=True):
                os.dup2(fd, number)
            for fd in range(3, 256):
                if fd not in numbers:
                    _close(fd)
            for name in ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD"):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
            os.chdir(cwd)
            os.execve(argv[0], argv, env)
        except OSError as error:
            os.write(2, f"{argv[0]}: {error}\n".encode())
        os._exit(127)

    def _become_reader(self) -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self.privileged:
            resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
            os.setgroups([])
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)
        else:
            linux.unshare(linux.NEWUSER)
            _map_ids(self.uid, (0, 0))

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
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                pass
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
        try:
            self.channel.send(json.dumps(message).encode())
        except OSError:
            # The runner is gone; the next receive sees it and ends the sandbox.
            pass


def _disk_mounts() -> list[str]:
    """Mount points of disks below the root, outermost first."""
    mounts = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        path = before.split()[4].encode().decode("unicode_escape")
        if after.split()[0] in DISK_TYPES and path != "/" and Path(path).is_dir():
            mounts.append(path)
    return sorted(set(mounts))


def _mask(path: Path) -> None:
    if path.is_dir():
        linux.mount("tmpfs", str(path), "tmpfs", linux.RDONLY)
    elif path.exists():
        linux.mount("/dev/null", str(path), flags=linux.BIND)


def _append(path: Path, line: str) -> None:
    if path.exists():
        with path.open("a") as file:
            file.write(line + "\n")


def _files_below(folder: int) -> dict[str, int]:
    """What was written or deleted below an open folder, with the time of its last change in ns."""
    changed = {}
    for path, _, files, descriptor in os.fwalk(".", dir_fd=folder):
        for name in files:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            changed[os.path.join(path, name)[1:].encode(errors="replace").decode()] = status.st_ctime_ns
    return changed


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
    try:
        os.close(descriptor)
    except OSError:
        pass
