"""The one bash program that runs a page's snippets in order, in one shell.

Each snippet is evaluated at the top level, so that variables, functions, the working folder and
shell options carry over as in a terminal. Guarded twice: an ERR trap stops the snippet at its first
failing command without ending the shell, and where a snippet replaces the trap, ``-e`` ends the
shell. What happened goes over a descriptor that snippets do not see; nothing they print decides.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from prtip_guide.pages.snippet import Snippet

# Bash starts with these descriptors, and moves them to numbers that no program it starts inherits.
NULL_GIVEN, OUTPUT_GIVEN, STATUS_GIVEN, GO_GIVEN, SCRIPT = 40, 41, 42, 43, 44
NULL, OUTPUT, STATUS, GO = 30, 31, 32, 33
PATH = f"/proc/self/fd/{SCRIPT}"
# As a terminal would say it: bash names the script and a line of it, a reader's bash only itself.
OWN_NAME = re.compile(rf"{PATH}: (?:(?:eval: )?line \d+: )?")

TRACED_GUARD = re.compile(r"^(?:\++ .*_pg_.*|\+{3,} (?:builtin|\[\[|\(\() .*)\n?", re.M)
# number:line of the evaluated snippet; last status; status and line of a failure; unguarded; line and
# name of the sourced file that it happened in.
REPORT = re.compile(r"(?:(\d+):(\d*))?;(\d*);(?:(\d+) (\d*))?;(1?);(?:(\d+) (.*))?")
TRACED_DEEPER = re.compile(r"^\+(\++ )", re.M)  # eval adds one level

# At a failing command: a writer whose reader had enough (`yes | head -1`) did not fail; a subshell
# and a function hand the status outward, where the trap fires again; the top level notes it and
# leaves the snippet. `set +e` comes first, as -e would end the shell before `break` is reached.
TRAP = r"""_pg_s=$? _pg_l=$LINENO _pg_p=("${PIPESTATUS[@]}")
\builtin printf -v _pg_q '%s,' "${_pg_p[@]}"
if [[ $_pg_s == 141 && ( $_pg_k || ( $_pg_q =~ ^((0|141),)+$ && ${_pg_p[-1]} == 0 ) ) ]]; then
_pg_k=1; \builtin set +e
(( BASHPID == $$ )) || \builtin trap '[[ $? != 141 ]] || \builtin exit 0' EXIT
elif (( BASHPID != $$ )); then \builtin exit "$_pg_s"
elif [[ ${FUNCNAME+x} ]]; then \builtin return "$_pg_s"
else (( ${#BASH_SOURCE[@]} < 2 )) || _pg_w="$_pg_l ${BASH_SOURCE//[^[:print:]]/?}"
_pg_f="$_pg_s $_pg_l"; \builtin set +e; \builtin break 999; fi"""
# A pipe in a condition: with pipefail, `if seq 99999 | grep -q 5` would take the other branch.
CONDITION_PIPE = re.compile(
    r"(?:\b(?:if|elif|while|until)\b|(?:^|[;\s])!\s)[^\n;]*[^|\n]\|[^|\n]|[^|\n]\|[^|\n][^\n;]*?(?:&&|\|\|)", re.M
)
CLOSE_GIVEN = f"{NULL_GIVEN}<&- {OUTPUT_GIVEN}>&- {STATUS_GIVEN}>&- {GO_GIVEN}<&-"
# Around a group, bash keeps what it closes as copies from 10 on, which it closes on exec; a copy of such
# a copy is closed on exec too. Without it, every snippet would have to close them for its children.
PRELUDE = f"""\
exec {NULL_GIVEN}</dev/null {SCRIPT}<&-
{{ exec {NULL}<&10 {OUTPUT}>&11 {STATUS}>&12 {GO}<&13; }} {CLOSE_GIVEN}
exec {CLOSE_GIVEN}
_pg_t={shlex.quote(TRAP)}
builtin set -eE; builtin trap "$_pg_t" ERR; _pg_T=$(builtin trap -p ERR)
builtin shopt -s expand_aliases
exec 0<&{NULL} 1>&{OUTPUT} 2>/dev/null
"""
ARM = "\\builtin set -eE{pipefail}; _pg_n= _pg_e= _pg_f= _pg_u= _pg_k= _pg_w="
# Setting the trap again costs as much as a snippet does, so only pages that may replace it pay. One that
# does so unseen fails no worse: -e is on before every snippet, and ends the shell at a failure.
ARM_TRAP = '\\builtin trap "$_pg_t" ERR; '
MAY_SET_TRAPS = re.compile(r"\b(?:trap|source|eval|builtin|command|alias)\b|(?:^|[\s;&|(){])\.\s")
# A snippet that took the guards away must not pass: where -e is off, the trap must still be ours and
# reach into functions. One whose last writer was cut off has not failed. Nearly always the first line is all.
CHECK = """\
[[ ! $_pg_k && $- == *e*{pipefail} ]] || {{ [[ $_pg_k && $_pg_e == 141 ]] && _pg_e=0
[[ ( $- == *e* || ( $- == *E* && $(\\builtin trap -p ERR) == "$_pg_T" ) ){pipefail} ]] || _pg_u=1; }}"""
ARM_PIPED, ARM_UNPIPED = ARM.format(pipefail="o pipefail"), ARM.format(pipefail=" +o pipefail")
CHECK_PIPED, CHECK_UNPIPED = CHECK.format(pipefail=" && -o pipefail"), CHECK.format(pipefail="")


@dataclass(frozen=True, slots=True)
class Report:
    """What the shell says at the end of a snippet."""

    number: str
    """Which snippet was evaluated, as the snippet's own text says it: nothing may replace ``eval``."""
    first_line: int
    """What bash calls the line before the snippet's first."""
    end: int | None
    """Status of the last command; None when the snippet did not reach its end."""
    failure: tuple[int, int] | None
    """Status of the command that failed, and what bash calls the line it stands at."""
    unguarded: bool
    """Whether the snippet switched the guards off."""
    sourced: tuple[int, str] | None = None
    """Line and name of the sourced file in which the command failed."""


def read_report(line: str) -> Report | None:
    """Parse a report's line, without the token; None when something else wrote it."""
    found = REPORT.fullmatch(line)
    if found is None:
        return None
    number, first_line, end, status, failed_line, unguarded, sourced_line, sourced = found.groups()
    return Report(
        number or "",
        int(first_line or 0),
        int(end) if end else None,
        (int(status), int(failed_line or 0)) if status else None,
        bool(unguarded),
        (int(sourced_line), sourced) if sourced_line else None,
    )


@dataclass(frozen=True, slots=True)
class Program:
    """A bash program for some snippets."""

    text: str
    token: str

    def marker(self, number: int) -> bytes:
        """What follows a snippet's output; it only splits the stream, and cannot be guessed."""
        return f"\x1e{self.token}:{number}\x1e".encode()


def write_program(snippets: Sequence[Snippet], waits: Sequence[bool], token: str) -> Program:
    """The program that runs ``snippets``; where ``waits`` is true it first waits for a line on GO."""
    parts, traps = [PRELUDE], False
    for number, (snippet, wait) in enumerate(zip(snippets, waits, strict=True)):
        text = shlex.quote(f"_pg_n={number}:$LINENO\n{snippet.text}\n_pg_e=$?")
        piped = not CONDITION_PIPE.search(snippet.text)
        parts.append(
            f"{ARM_TRAP if traps else ''}{ARM_PIPED if piped else ARM_UNPIPED}\n"
            + (f"\\builtin read -r _pg_n <&{GO}\n" if wait else "")
            + f"for _pg_i in 1; do \\builtin eval {text} <&{NULL} >&{OUTPUT} 2>&1; done\n"
            f"{CHECK_PIPED if piped else CHECK_UNPIPED}\n"
            f"\\builtin printf '\\036%s:%s\\036' {token} {number}\n"
            f"\\builtin printf '%s;%s;%s;%s;%s;%s\\n' {token} "
            f'"$_pg_n" "$_pg_e" "$_pg_f" "$_pg_u" "$_pg_w" >&{STATUS}\n'
        )
        traps = traps or bool(MAY_SET_TRAPS.search(snippet.text))
    # Bash stays until it is ended from outside: the files of its last snippet may still be wanted.
    return Program("".join([*parts, f"\\builtin read -r _pg_n <&{GO}\n"]), token)


def as_a_terminal_shows(output: str) -> str:
    """The output without what only the guards added: bash's name for the program, and traced guards."""
    output = OWN_NAME.sub("bash: ", output)
    if "_pg_" in output:  # the snippet switched on `set -x`
        output = TRACED_DEEPER.sub(r"\1", TRACED_GUARD.sub("", output))
    return output
