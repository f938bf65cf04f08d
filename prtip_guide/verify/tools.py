"""The versions of tools as they are in a sandbox: a page on a clean root installs its own."""

import os
from collections.abc import Iterable

from prtip_guide.verify.host import VERSION
from prtip_guide.verify.sandbox import Sandbox

SECONDS = 60.0
SCRIPT = """\
for tool in "$@"; do
    command -v -- "$tool" > /dev/null || continue
    said=$(timeout 10 "$tool" --version < /dev/null 2>&1) || said=
    printf '%s\\t%s\\n' "$tool" "$(printf '%s' "$said" | tr '\\n\\t\\0' '  ' | head -c 2000)"
done
"""


def ask_versions(sandbox: Sandbox, names: Iterable[str]) -> dict[str, str]:
    """The first number of each tool's ``--version``, for those that are there; raises SandboxError."""
    with open(os.memfd_create("versions"), "r+b") as out, open(os.devnull, "r+b") as null:
        descriptors = {0: null.fileno(), 1: out.fileno(), 2: null.fileno()}
        program = sandbox.spawn(["/bin/bash", "-c", SCRIPT, "versions", *sorted(names)], descriptors)
        if sandbox.exit_status(program, SECONDS) is None:
            sandbox.kill_all()
        out.seek(0)
        lines = out.read().decode(errors="replace").splitlines()
    found = (line.partition("\t") for line in lines)
    return {name: number[0] if (number := VERSION.search(said)) else "unknown" for name, _, said in found}
