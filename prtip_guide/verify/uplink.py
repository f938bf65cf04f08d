"""A way out to the package registries, for as long as a step that asked for it runs."""

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from prtip_guide.error import GuideError

READY_SECONDS = 10.0


class UplinkError(GuideError):
    """The network could not be attached; the message says why, and the remedy."""


def _program() -> str:
    program = shutil.which("slirp4netns")
    if program is None:
        raise UplinkError("needs slirp4netns to reach a registry; install the package slirp4netns")
    return program


@contextmanager
def uplink(pid: int, privileged: bool) -> Iterator[None]:
    """Attach the network namespace of process ``pid`` to the network; raises UplinkError.

    A user-mode network stack carries the traffic, so nothing of the host's network is changed. It
    ends when this process does, as it watches a pipe that only this process holds.
    """
    program = _program()
    ready, ready_inside = os.pipe()
    alive_inside, alive = os.pipe()
    user = [] if privileged else [f"--userns-path=/proc/{pid}/ns/user"]
    command = [program, "--configure", "--mtu=65520", "--disable-host-loopback", *user]
    command += [f"--ready-fd={ready_inside}", f"--exit-fd={alive_inside}", str(pid), "tap0"]
    slirp = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[ready_inside, alive_inside],
        start_new_session=True,
    )
    try:
        os.close(ready_inside)
        os.close(alive_inside)
        if not (select.select([ready], [], [], READY_SECONDS)[0] and os.read(ready, 1)):
            raise UplinkError("slirp4netns could not attach the network; is /dev/net/tun there?")
        yield
    finally:
        os.close(ready)
        os.close(alive)
        slirp.wait()
