"""Decide, before anything runs, what of a page runs on this host and why the rest does not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.pages.options import SYSCTL
from prtip_guide.pages.page import Page
from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify.host import FEATURES, NAMESPACES, SYSTEM_WIDE, Host

# `sudo` where a command begins: at a line, behind a separator or a word such as `time`.
SUDO = re.compile(
    r"^(?:[^#'\"\n]*[;&|(`])?\s*(?:(?:if|while|until|then|do|else|time|env|exec|!|\w+=\S*)\s+)*\\?(?:/\S+/)?sudo\s",
    re.M,
)
REMEDIES = {
    "root": "needs root; run as root, or with sudo",
    "hardware-counters": "needs hardware counters, which this machine does not offer (most virtual machines)",
    NAMESPACES: "needs namespaces of its own, which take root and Linux 5.19",
    SYSTEM_WIDE: "needs to trace the whole machine, and so could read all of its memory; "
    "if you trust the page, allow it with --allow system-wide",
    "numa": "needs more than one NUMA node",
    "avx512": "needs a CPU with AVX-512",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A snippet with the decision for one host."""

    snippet: Snippet
    skip: str = ""
    """Why it does not run here; empty when it runs."""

    @property
    def runs(self) -> bool:
        """Whether the snippet is run on this host."""
        return not self.skip


def plan_page(page: Page, host: Host) -> list[Step]:
    """One step for every snippet of ``page``, in order."""
    available = {*host.tools, *host.features, *(set(page.tools) & set(host.own_tools))}
    steps = []
    for snippet in page.snippets:
        step = Step(snippet, _reason(snippet, host, available))
        if step.runs:
            available |= set(snippet.options.provides)
        steps.append(step)
    return steps


def any_needs(steps: Sequence[Step], word: str) -> bool:
    """Whether a step that runs asks for ``word``."""
    return any(step.runs and word in step.snippet.options.needs for step in steps)


def needed_tools(pages: Sequence[Page]) -> set[str]:
    """The tools that any snippet asks for, to be looked up once."""
    needs = {need for page in pages for snippet in page.snippets for need in snippet.options.needs}
    return {need for need in needs if need not in FEATURES and not need.startswith(SYSCTL)}


def changed_settings(steps: Sequence[Step]) -> list[str]:
    """The kernel settings that the steps that run may write, as ``kernel.name``."""
    needs = (need for step in steps if step.runs for need in step.snippet.options.needs)
    return sorted({need.removeprefix(SYSCTL) for need in needs if need.startswith(SYSCTL)})


def _reason(snippet: Snippet, host: Host, available: set[str]) -> str:
    options = snippet.options
    if options.skip:
        return options.skip
    if options.on and not set(options.on) & set(host.ids):
        return f"for {' and '.join(options.on)}; this host is {host.name}"
    needs = (*options.needs, *(["root"] if SUDO.search(snippet.text) else []))
    for need in needs:
        if need.startswith(SYSCTL):
            reason = _setting_reason(need.removeprefix(SYSCTL), host)
        else:
            reason = "" if need in available else REMEDIES.get(need, f"needs {need}, which is not installed")
        if reason:
            return reason
    return ""


def _setting_reason(key: str, host: Host) -> str:
    if "root" not in host.features:
        return REMEDIES["root"]
    if not Path("/proc/sys", *key.split(".")).is_file():
        return f"needs the kernel setting {key}, which this kernel does not have"
    return ""
