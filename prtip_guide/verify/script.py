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

NULL, OUTPUT, STATUS, GO, SCRIPT = 40, 41, 42, 43, 44
PATH = f"/proc/self/fd/{SCRIPT}"
# As a terminal would say it: bash names the script and a line of it, a reader's bash only itself.
OWN_NAME = re.compile(rf"{PATH}: (?:(?:eval: )?line \d+: )?")

TRACED_GUARD = re.compile(r"^(?:\++ .*_pg_.*|\+{3,} (?:builtin|\[\[|\(\() .*)\n?", re.M)
PLAIN = re.compile(r"[\w/.-]*")
TRACED_DEEPER = re.compile(r"^\+(\++ )", re.M)  # eval adds one level

# At a failing command: a writer whose reader had enough (`yes | head -1`) did not fail; a subshell
# and a function hand the status outward, where the trap fires again; the top level notes it and
# leaves the snippet. `set +e` comes first, as -e would end the shell before `break` is reached.
TRAP = r"""_pg_s=$? _pg_l=$LINENO _pg_p=("${PIPESTATUS[@]}")
builtin printf -v _pg_q '%s,' "${_pg_p[@]}"
if [[ $_pg_s == 141 && $_pg_q =~ ^((0|141),)+$ && ${_pg_p[-1]} == 0 ]]; then _pg_k=1; builtin set +e
elif (( BASHPID != $$ )); then builtin exit "$_pg_s"
elif [[ ${FUNCNAME+x} ]]; then builtin return "$_pg_s"
else _pg_f="$_pg_s $_pg_l"; builtin set +e; builtin break 999; fi"""
GUARDS = 'builtin set -eE -o pipefail; builtin trap "$_pg_t" ERR'
PRELUDE = f"""\
exec {NULL}</dev/null {SCRIPT}<&-
_pg_t={shlex.quote(TRAP)}
{GUARDS}; _pg_T=$(builtin trap -p ERR)
exec 0</dev/null 1>/dev/null 2>/dev/null
"""
ARM = f"{GUARDS}; _pg_n= _pg_e= _pg_f= _pg_u= _pg_k="
# What a snippet and its children must not hold: they could keep a pipe open, or write into it.
CLOSE = " ".join(f"{descriptor}>&-" for descriptor in (OUTPUT, STATUS, GO, NULL))
# A snippet that took both guards away must not pass: where -e is off, the trap must still be ours.
CHECK = '[[ $_pg_k && $_pg_e == 141 ]] && _pg_e=0; [[ $- == *e* || $(builtin trap -p ERR) == "$_pg_T" ]] || _pg_u=1'
REPORT = f"""builtin printf '%s;%s;%s;%s;%q\\n' "$_pg_n" "$_pg_e" "$_pg_f" "$_pg_u" "$PWD" >&{STATUS}"""


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
    """Whether the snippet switched both guards off."""
    folder: str
    """The working folder after the snippet; empty when the shell does not know it."""


def read_report(line: str) -> Report:
    """Parse what REPORT prints."""
    evaluated, end, failure, unguarded, folder = line.split(";", 4)
    number, _, first_line = evaluated.partition(":")
    status = [int(word) for word in failure.split()]
    return Report(
        number,
        int(first_line or 0),
        int(end) if end else None,
        (status[0], status[1]) if status else None,
        bool(unguarded),
        _unquote(folder),
    )


def _unquote(folder: str) -> str:
    """Undo bash's ``%q``; a folder with control characters in its name counts as unknown."""
    if PLAIN.fullmatch(folder):
        return folder
    words = shlex.split(folder) if not folder.startswith("$'") else []
    return words[0] if words else ""


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
    parts = [PRELUDE]
    for number, (snippet, wait) in enumerate(zip(snippets, waits, strict=True)):
        text = shlex.quote(f"_pg_n={number}:$LINENO\n{snippet.text}\n_pg_e=$?")
        parts.append(
            f"{ARM}\n"
            + (f"builtin read -r _pg_n <&{GO}\n" if wait else "")
            + f"for _pg_i in 1; do builtin eval {text} <&{NULL} >&{OUTPUT} 2>&1 {CLOSE}; done\n{CHECK}\n"
            f"builtin printf '\\036%s:%s\\036' {token} {number} >&{OUTPUT}\n{REPORT}\n"
        )
    return Program("".join([*parts, "builtin exit 0\n"]), token)


def as_a_terminal_shows(output: str) -> str:
    """The output without what only the guards added: bash's name for the program, and traced guards."""
    output = OWN_NAME.sub("bash: ", output)
    if "_pg_" in output:  # the snippet switched on `set -x`
        output = TRACED_DEEPER.sub(r"\1", TRACED_GUARD.sub("", output))
    return output
