"""The root that a page sees: the machine's own files below an overlay, and nothing that leads out.

Runs inside the new mount, network and process namespaces, before the root is changed; needs
CAP_SYS_ADMIN in them. Raises OSError with the name of what could not be mounted.
"""

import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Any

from prtip_guide.verify import linux, settings

STAGE = "/mnt"  # any folder that every root has; only the sandbox's mount namespace sees it covered
ROOT = f"{STAGE}/root"
UPPER = f"{STAGE}/upper"  # what is written outside the home folder
HOME = "/home/reader"
DISK_TYPES = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "squashfs", "erofs"})
# What of the host's tree a page must not see: homes, temporary files, sockets of services, and keys.
COVERED = (
    *("root", "home", "mnt", "media", "srv", "boot", "tmp", "run", "var/tmp"),
    *("etc/ssh", "etc/ssl/private", "var/lib/docker", "var/lib/containerd", "var/spool"),
)
MASKED_PROC = ("kcore", "kmsg", "keys", "timer_list", "sysrq-trigger", "latency_stats", "acpi", "scsi")
READ_ONLY_PROC = ("bus", "fs", "irq", "sys")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


class RootFs:
    """Builds the root at ROOT from the configuration that ``sandbox.py`` sends."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.privileged: bool = config["privileged"]
        self.own_users: bool = config["own_users"] or not self.privileged
        self.uid: int = config["uid"]
        self.overlays = 0

    def make(self) -> None:
        """Mount everything, in the order in which one thing needs another."""
        linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
        linux.mount("tmpfs", STAGE, "tmpfs", 0, f"mode=755,size={self.config['disk_bytes']}")
        if self.privileged:
            self._overlay(self.config["root"], ROOT, UPPER)
            self._overlay_disks()
        else:
            Path(UPPER).mkdir()
            Path(ROOT).mkdir()
            linux.mount("tmpfs", ROOT, "tmpfs", 0, "mode=755")
            self._overlay_folder(Path("/"))
        for name in COVERED:
            self._cover(name)
        self._make_dev()
        self._make_proc()
        self._make_user()
        self._make_home()
        self._make_network()

    def _overlay_disks(self) -> None:
        """An overlay of the root shows none of the disks mounted below it: give each its own."""
        for source, mount in self.config["disks"]:
            self._overlay(source, ROOT + mount)

    def _overlay_folder(self, folder: Path) -> None:
        """In a user namespace no folder with mounts below it can be a lower side: go into those."""
        for entry in folder.iterdir():
            inside = Path(f"{ROOT}{entry}")
            if entry.is_symlink():
                inside.symlink_to(entry.readlink())
            elif str(entry) in {"/proc", "/sys", "/dev", *(f"/{name}" for name in COVERED)}:
                inside.mkdir()
            elif entry.is_dir() and os.access(entry, os.R_OK | os.X_OK):
                inside.mkdir()
                if any(mount.startswith(f"{entry}/") for mount, _ in _mounts()):
                    self._overlay_folder(entry)
                else:
                    self._overlay(str(entry), str(inside))
                inside.chmod(0o555)

    def _overlay(self, lower: str, target: str, upper: str = "") -> None:
        """Show ``lower`` at ``target``; what is written stays in the sandbox's own memory."""
        self.overlays += 1
        upper, work = upper or f"{STAGE}/upper-{self.overlays}", f"{STAGE}/work-{self.overlays}"
        for folder in (upper, work):
            Path(folder).mkdir()
        Path(target).mkdir(parents=True, exist_ok=True)
        lower = lower.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
        options = f"lowerdir={lower},upperdir={upper},workdir={work}" + (",userxattr" if self.own_users else "")
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
        self._make_sys()

    def _make_sys(self) -> None:
        flags = linux.NOSUID | linux.NODEV | linux.NOEXEC
        if self.privileged and self.own_users:
            # `ip netns exec` takes /sys away and makes a new one, which the kernel grants only beside another that
            # can be written. What stands in it belongs to the host's root, who is nobody inside.
            linux.mount("sysfs", f"{ROOT}/sys", "sysfs", flags)
            Path(ROOT, "dev", "sysfs").mkdir()
            linux.mount("sysfs", f"{ROOT}/dev/sysfs", "sysfs", flags)
            linux.mount("", f"{ROOT}/sys", flags=linux.REMOUNT | linux.BIND | linux.RDONLY | flags)
            return
        linux.mount("sysfs", f"{ROOT}/sys", "sysfs", linux.RDONLY | flags)
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
            _forget_passwords(etc)
            _append(etc / "passwd", f"reader:x:{uid}:{uid}:Reader:{HOME}:/bin/bash")
            _append(etc / "group", f"reader:x:{uid}:")
            _append(etc / "shadow", "reader:*:20000:0:99999:7:::")
            if (etc / "sudoers.d").is_dir():
                rule = etc / "sudoers.d" / "zz-reader"
                rule.write_text("reader ALL=(ALL:ALL) NOPASSWD: ALL\n")
                rule.chmod(0o440)
        socket.sethostname("guide")
        self._make_names(etc)

    def _make_names(self, etc: Path) -> None:
        """The registries by their names; nobody inside answers for any other."""
        hosts = etc / "hosts"
        known = hosts.read_text(errors="replace") if hosts.exists() else "127.0.0.1 localhost\n"
        lines = [known.rstrip("\n"), "127.0.0.1 guide", *self.config["hosts"]]
        if self.privileged:
            hosts.write_text("\n".join(lines) + "\n")
            (etc / "resolv.conf").unlink(missing_ok=True)
            (etc / "resolv.conf").touch()
        elif hosts.exists():  # a file of the host's root cannot be written in a user namespace, but covered
            own = Path(STAGE, "hosts")
            own.write_text("\n".join(lines) + "\n")
            linux.mount(str(own), str(hosts), flags=linux.BIND)

    def _make_home(self) -> None:
        home = Path(ROOT + HOME)
        home.mkdir(parents=True, exist_ok=True)
        self._own(home)
        for lower, inside in self.config["layers"]:
            target = home / inside
            for folder in [*reversed(target.relative_to(home).parents)][1:]:
                self._own(home / folder)
            self._overlay(lower, str(target))
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
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            flags = struct.pack("16sH14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
            fcntl.ioctl(any_socket, 0x8914, flags)  # SIOCSIFFLAGS


def disks(root: str) -> list[tuple[str, str]]:
    """The host's disks that are mounted below ``root``, each as where it is and where it belongs."""
    covered = tuple(f"/{name}/" for name in COVERED)
    return [
        (mount, mount)
        for mount, kind in (_mounts() if root == "/" else ())
        if kind in DISK_TYPES and mount != "/" and not mount.startswith(covered) and Path(mount).is_dir()
    ]


def _mounts() -> list[tuple[str, str]]:
    """Mount points of the host with the type of what is mounted there, outermost first."""
    found = set()
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        path = before.split()[4].encode().decode("unicode_escape")
        if path != STAGE and not path.startswith(f"{STAGE}/"):
            found.add((path, after.split()[0]))
    return sorted(found)


def _mask(path: Path) -> None:
    if path.is_dir():
        linux.mount("tmpfs", str(path), "tmpfs", linux.RDONLY)
    elif path.exists():
        linux.mount("/dev/null", str(path), flags=linux.BIND)


def _forget_passwords(etc: Path) -> None:
    """Leave the accounts and take their hashes away, which root inside could read."""
    for name in ("shadow", "gshadow", "shadow-", "gshadow-"):
        path = etc / name
        if path.exists():
            fields = [line.split(":") for line in path.read_text(errors="replace").splitlines()]
            path.write_text("".join(":".join([line[0], "*", *line[2:]]) + "\n" for line in fields))


def _append(path: Path, line: str) -> None:
    if path.exists():
        with path.open("a") as file:
            file.write(line + "\n")
