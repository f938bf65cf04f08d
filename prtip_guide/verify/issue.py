"""Issues of commands that fail: one for each command, naming page, line, hosts, and the run.

They are made with ``gh``, which the runners have. Two hidden lines at the top of an issue's text tell which command
it is of and where that failed, so that it is found again whatever its title has become.
"""

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from prtip_guide.error import GuideError
from prtip_guide.verify.failure import Failure, Verdicts

LABEL = "command-fails"
OF = re.compile(r"^<!-- prtip-guide: (?P<id>\S+) -->(?:\s*<!-- failed on: (?P<places>[^>]*) -->)?")


class IssueError(GuideError):
    """gh did not do what it was asked; the message has what it said."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One open issue of a command."""

    number: int
    id: str
    places: frozenset[str]
    """Where the command failed when the issue was last written."""


def report(verdicts: Verdicts, run: str) -> list[str]:
    """Open an issue for each command that fails, or add the run to the one that is open; tells what was done.

    An issue is closed when its command passed wherever it had failed; a host that was not run keeps it open.
    Raises IssueError.
    """
    commands: defaultdict[str, list[Failure]] = defaultdict(list)
    for failure in verdicts.failures:
        commands[failure.id].append(failure)
    _gh("label", "create", LABEL, "--force", "--description", "A command of the guide fails on a host")
    issues = _open_issues()
    done = [_tell(same, issues.get(identifier), run) for identifier, same in commands.items()]
    for issue in issues.values():
        if issue.id not in commands and verdicts.passed(issue.id, set(issue.places)):
            words = f"It passes on {', '.join(sorted(issue.places)) or 'every host'}; {run}"
            _gh("issue", "close", str(issue.number), "--comment", words)
            done.append(f"closed #{issue.number}: {issue.id}")
    return done


def _open_issues() -> dict[str, Issue]:
    listed = _gh("issue", "list", "--label", LABEL, "--state", "open", "--limit", "1000", "--json", "number,body")
    found = {}
    for issue in json.loads(listed):
        if of := OF.match((issue["body"] or "").replace("\r", "")):
            found[of["id"]] = Issue(issue["number"], of["id"], frozenset((of["places"] or "").split()))
    return found


def _tell(failures: Sequence[Failure], issue: Issue | None, run: str) -> str:
    text, first = body(failures, run), failures[0]
    if issue:
        _gh("issue", "edit", str(issue.number), "--body", text)
        _gh("issue", "comment", str(issue.number), "--body", f"It fails again: {_hosts(failures)}; {run}")
        return f"updated #{issue.number}: {first.id}"
    title = f"{first.page}:{first.line}: #{first.id} fails"
    _gh("issue", "create", "--label", LABEL, "--title", title, "--body", text)
    return f"opened: {first.id}"


def body(failures: Sequence[Failure], run: str) -> str:
    """An issue's text: where the command stands, and how it failed on each host."""
    first = failures[0]
    parts = [
        f"<!-- prtip-guide: {first.id} -->\n<!-- failed on: {' '.join(failure.place for failure in failures)} -->",
        f"`#{first.id}` in `{first.page}`, line {first.line}, fails on {_hosts(failures)}.",
        f"Run: {run}",
    ]
    for failure in failures:
        parts.append(f"### {failure.host}, {failure.target}\n\n{_harmless(failure.reason)}")
        if failure.output:
            fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", failure.output)), 3)
            parts.append(f"{fence}text\n{failure.output}\n{fence}")
    return "\n\n".join([*parts, f"Again: `prtip-guide run {first.page}#{first.id}`"])


def _hosts(failures: Sequence[Failure]) -> str:
    return ", ".join(sorted({failure.host for failure in failures}))


def _harmless(text: str) -> str:
    """A reason calls nobody and links nowhere."""
    return re.sub(r"([@#<])", "\\1\N{ZERO WIDTH SPACE}", text)


def _gh(*arguments: str) -> str:
    try:
        done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise IssueError("needs gh to write issues; install the GitHub command line") from error
    if done.returncode != 0:
        raise IssueError(f"gh {' '.join(arguments[:2])} failed: {done.stderr.strip()[-500:]}; see its permissions")
    return done.stdout
