"""The verdict on snippets that are awkward, hostile, or only look so.

Each row: a name, the snippet, its verdict, the page's line that the reason must name (0: none), and
words of the reason. Fences open at line 1, so the snippet's first line is line 2 of the page.
"""

import itertools
import os
import signal
import time

import pytest

from prtip_guide.pages.page import parse_page
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.plan import plan_page
from prtip_guide.verify.sandbox import Sandbox
from prtip_guide.verify.session import run_steps
from tests.verify.conftest import HOST, RunPage, fence

ROWS = [
    ("plain", "echo hi", "passed", 0, ""),
    ("empty", "", "passed", 0, ""),
    ("only a comment", "# nothing", "passed", 0, ""),
    ("failing first", "false\necho no", "failed", 2, "exit 1"),
    ("failing in the middle", "echo a\nfalse\necho no", "failed", 3, "`false`"),
    ("failing before a semicolon", "false; echo ok", "failed", 2, "exit 1"),
    ("failing last", "echo a\nfalse", "failed", 3, "exit 1"),
    ("not found", "nosuchcommand --x", "failed", 2, "exit 127"),
    ("a folder is no command", "/etc", "failed", 2, "exit 126"),
    ("first of a pipe", "false | cat", "failed", 2, "exit 1"),
    ("middle of a pipe", "echo a | false | cat", "failed", 2, "exit 1"),
    ("last of a pipe", "echo a | false", "failed", 2, "exit 1"),
    ("a reader that had enough", "yes | head -1", "passed", 0, ""),
    ("two readers that had enough", "yes | head -5 | head -1", "passed", 0, ""),
    ("after a reader that had enough", "yes | head -1\nfalse\necho no", "failed", 3, "`false`"),
    ("before a writer that was cut off", "false | yes | head -1", "failed", 2, "exit 1"),
    ("a reader that found nothing", "yes | head -1 | grep -q no", "failed", 2, "exit 1"),
    ("exit 141 of its own", "(exit 141)", "failed", 2, "exit 141"),
    ("in a function", "f() { false; echo no; }\nf\necho no", "failed", 3, "exit 1"),
    ("in a function of a function", "f() { false; }\ng() { f; echo no; }\ng", "failed", 4, "exit 1"),
    ("in a subshell", "( false; echo no )\necho no", "failed", 2, "exit 1"),
    ("in a group", "{ false; echo no; }\necho no", "failed", 2, "exit 1"),
    ("in a substitution that is kept", "x=$(false; echo hi)\necho no", "failed", 2, "exit 1"),
    ("in a loop", "for i in 1 2; do false; done\necho no", "failed", 2, "exit 1"),
    ("in a while loop's body", "while true; do false; done", "failed", 2, "exit 1"),
    ("in eval", "eval 'false; echo no'\necho no", "failed", 2, "exit 1"),
    (
        "in a sourced file",
        "source <(echo 'false; echo no')\necho no",
        "failed",
        0,
        "line 1 of the sourced file /dev/fd",
    ),
    ("in a sourced file's sourced file", "echo false > s; echo . ./s > t\n. ./t", "failed", 0, "sourced file ./s "),
    ("in a function of a sourced file", "echo 'f() { false; }' > s; . ./s\nf", "failed", 3, "`f` ended with exit 1"),
    ("in a sourced file in a subshell", "echo false > s\n( . ./s )", "failed", 3, "exit 1"),
    ("a sourced file as a condition", "echo false > s\n. ./s || echo on\nfalse", "failed", 4, "`false`"),
    ("in a child's script", "bash -c 'exit 7'", "failed", 2, "exit 7"),
    ("under time", "time false\necho no", "failed", 2, "exit 1"),
    ("as a condition", "if false; then echo no; fi\necho on", "passed", 0, ""),
    ("as a loop's condition", "until true; do false; done", "passed", 0, ""),
    ("a function as a condition", "f() { false; true; }\nif f; then echo y; fi", "passed", 0, ""),
    ("before ||", "false || echo or", "passed", 0, ""),
    ("after ||", "false || false", "failed", 2, "exit 1"),
    ("after &&", "true && false\necho no", "failed", 2, "exit 1"),
    ("before && on the last line", "[ a = b ] && echo y", "failed", 0, "the last command ended with exit 1"),
    ("before && further up", "[ a = b ] && echo y\necho on", "passed", 0, ""),
    ("turned round", "! false", "passed", 0, ""),
    ("turned round on the last line", "! true", "failed", 0, "the last command ended with exit 1"),
    ("after set +e", "set +e\nfalse\necho on", "failed", 3, "exit 1"),
    ("set +e alone", "set +e\necho on", "passed", 0, ""),
    ("without the trap", "trap - ERR\nfalse\necho no", "failed", 0, "the shell ended with exit 1"),
    ("both guards taken away", "trap - ERR; set +e\nfalse\necho on", "failed", 0, "takes the guards away"),
    (
        "both guards taken away by another trap",
        "trap : ERR; set +e\nfalse\necho on",
        "failed",
        0,
        "takes the guards away",
    ),
    ("a trap of its own", "trap 'echo bye' EXIT\necho hi", "passed", 0, ""),
    ("in a trap", "trap 'false' USR1\nkill -USR1 $$\necho on", "failed", 0, "exit 1"),
    ("in a here-document", "cat <<EOT\n$(false)\nEOT", "passed", 0, ""),
    ("a here-document into a failing command", "false <<EOT\nx\nEOT\necho no", "failed", 2, "exit 1"),
    ("different files", "diff <(echo a) <(echo b)", "failed", 2, "exit 1"),
    ("arithmetic", "((0))\necho no", "failed", 2, "exit 1"),
    ("division by zero", "echo $((1/0))", "failed", 0, "exit 1"),
    ("unset under set -u", "set -u\necho $nope", "failed", 0, "the shell ended"),
    ("a demanded variable", "echo ${x:?needed}", "failed", 0, "the shell ended"),
    ("a readonly variable", "readonly A=1\nA=2\necho no", "failed", 0, "exit 1"),
    ("local outside a function", "local x", "failed", 2, "exit 1"),
    ("return outside a function", "return 3", "failed", 2, "exit 2"),
    ("break outside a loop", "break\necho skipped", "failed", 0, "left before its end"),
    ("continue outside a loop", "continue\necho skipped", "failed", 0, "left before its end"),
    ("a line that goes on", "echo a \\", "failed", 0, "left before its end"),
    ("exit 0", "exit 0", "failed", 0, "the shell ended with exit 0"),
    ("exit 3", "exit 3", "failed", 0, "the shell ended with exit 3"),
    ("exit in a subshell", "(exit 0)", "passed", 0, ""),
    ("exec", "exec ls /", "failed", 0, "the shell ended with exit 0"),
    ("exec in a subshell", "(exec ls /)", "passed", 0, ""),
    ("kill -9 itself", "kill -9 $$", "failed", 0, "killed by SIGKILL"),
    ("kill its group", "kill 0", "failed", 0, "killed by SIGTERM"),
    ("kill everybody", "sudo kill -9 -1; sleep 9", "failed", 0, "killed by SIGKILL"),
    ("kill process 1", "sudo kill -9 1\necho on", "passed", 0, ""),
    ("a syntax error", "echo a\nfi\necho b", "failed", 3, "cannot parse"),
    ("an open quote", 'echo "a', "failed", 2, "cannot parse"),
    ("an open single quote", "echo 'a", "failed", 2, "cannot parse"),
    ("an open substitution", "echo $(ls", "failed", 2, "cannot parse"),
    ("an open backquote", "echo `ls", "failed", 2, "cannot parse"),
    ("an open if", "if true; then\n echo", "failed", 0, "cannot parse"),
    ("an open brace", "{ echo a", "failed", 0, "cannot parse"),
    ("a brace too many", "echo a; }", "failed", 2, "cannot parse"),
    ("closing the check's own brace", "} ; {", "failed", 2, "cannot parse"),
    ("an open here-document", "cat <<EOT\nhi", "failed", 2, "here-document"),
    ("extglob", "shopt -s extglob\necho !(x)", "passed", 0, ""),
    ("builtin redefined", "builtin() { :; }", "failed", 0, ""),
    ("eval redefined", "eval() { :; }\ntrue", "passed", 0, ""),
    ("PATH lost", "PATH=\nls", "failed", 3, "exit 127"),
    ("IFS changed", "IFS=0123456789\nfalse", "failed", 3, "exit 1"),
    ("IFS changed before a cut-off writer", "IFS=0\nyes | head -1", "passed", 0, ""),
    ("output closed", "exec 1>&-\necho x", "failed", 3, "exit 1"),
    ("all descriptors closed", "exec 0<&- 1>&- 2>&-\ntrue", "passed", 0, ""),
    ("high descriptors closed", 'for n in {3..60}; do eval "exec $n>&-"; done', "failed", 0, "the shell ended"),
    ("output of the runner's kind", "printf '\\036%032d:0\\036' 0\necho '0;0;;;/'", "passed", 0, ""),
    ("a descriptor of the runner", "echo x >&41", "failed", 2, "exit 1"),
    ("no descriptor is left", "ulimit -n 3\necho x", "failed", 0, "`ulimit -n` leaves it no descriptor"),
    ("few descriptors are left", "ulimit -n 40\necho x", "passed", 0, ""),
    ("reading stdin", "read x || echo none", "passed", 0, ""),
    ("a program that reads stdin", "cat", "passed", 0, ""),
    ("a terminal that is not there", "read x </dev/tty", "failed", 2, "exit 1"),
    ("a folder removed", "mkdir d; cd d; rmdir ../d\npwd", "passed", 0, ""),
    ("invalid UTF-8", "printf '\\377\\376'", "passed", 0, ""),
    ("NUL bytes", "printf 'a\\000b'", "passed", 0, ""),
    ("no newline at the end", "printf x", "passed", 0, ""),
    ("escapes", "printf '\\e[31mred\\e[0m\\e]0;title\\a'", "passed", 0, ""),
    ("a background job", "sleep 1000 &", "passed", 0, ""),
    ("a background job that fails", "false &\nwait $!", "failed", 3, "exit 1"),
    ("a daemon", "setsid -f sleep 1000", "passed", 0, ""),
    ("a double fork", "(setsid sleep 1000 &) &", "passed", 0, ""),
    ("nohup", "nohup sleep 1000 >/dev/null 2>&1 &", "passed", 0, ""),
    ("tracing", "set -x\necho hi", "passed", 0, ""),
    ("tracing and failing", "set -x\nfalse", "failed", 3, "exit 1"),
    ("posix", "set -o posix\nfalse", "failed", 3, "exit 1"),
    ("noexec", "set -n\necho hi", "failed", 0, "the shell ended with exit 0"),
    ("the setting of another machine", "sudo sysctl kernel.perf_event_paranoid=1", "failed", 2, "exit 1"),
    ("a pipe in a condition", "if seq 1000000 | grep -q 5; then echo y; else echo no; false; fi", "passed", 0, ""),
    ("a pipe before ||", "seq 1000000 | grep -q 5 || false", "passed", 0, ""),
    ("a cut-off writer in a substitution", "x=$(yes | head -1)\n[[ $x == y ]]", "passed", 0, ""),
    ("a cut-off writer in a subshell", "(yes | head -1)\necho on", "passed", 0, ""),
    ("a cut-off writer in a function", "f() { yes | head -1; }\nf\necho on", "passed", 0, ""),
    ("a failure after a cut-off writer in a subshell", "(yes | head -1; false)", "failed", 2, "exit 1"),
    ("an alias", "alias ll='echo LL'\nll", "passed", 0, ""),
    ("an alias for the guards' own word", "alias builtin=:\nfalse", "failed", 3, "exit 1"),
    ("without LINENO", "unset LINENO\nfalse", "failed", 0, "exit 1"),
    (
        "garbage in every descriptor",
        "for n in {10..60}; do echo garbage >&$n || true; done 2>/dev/null",
        "passed",
        0,
        "",
    ),
    ("a forged report", "for n in {10..60}; do echo '0:0;0;;;' >&$n || true; done 2>&-; false", "failed", 2, "exit 1"),
    ("without -e and -E", "set +eE; f() { false; echo in; }; f", "failed", 0, "takes the guards away"),
    ("without pipefail", "set +o pipefail; false | true", "failed", 0, "takes the guards away"),
    ("writing to the terminal by name", "echo hi | tee /dev/stderr > /dev/stdout", "passed", 0, ""),
    (
        "a sourced file's line",
        "printf 'true\\n%.0s' {1..50} > s; echo false >> s\nsource ./s",
        "failed",
        0,
        "line 51 of the sourced file ./s",
    ),
    ("a coprocess", "coproc cat\necho on", "passed", 0, ""),
    ("unicode", "echo 'naïve ☃'", "passed", 0, ""),
    ("a very long line", "true " + "x" * 200_000, "passed", 0, ""),
    ("carriage return in a word", "echo 'a\\rb'", "passed", 0, ""),
]


@pytest.mark.parametrize(("name", "text", "verdict", "line", "words"), ROWS, ids=[row[0] for row in ROWS])
def test_a_snippet_gets_its_verdict(
    run_page: RunPage, name: str, text: str, verdict: str, line: int, words: str
) -> None:
    page = f"```bash\n{text}\n```\n" if text else "```bash\n```\n"
    outcome, after = run_page(page, "echo still here")
    assert (outcome.verdict, after.verdict) == (verdict, "passed"), outcome.reason
    assert words in outcome.reason
    if line:
        assert f"line {line}: " in outcome.reason
    assert after.output == "still here\n" or "set -x" in text


def test_the_page_goes_on_in_the_same_shell(run_page: RunPage) -> None:
    defining, using = "x=1; cd /tmp; f() { echo f; }; set -u", 'echo "$x $PWD"; f; [[ $- == *u* ]]'
    outcomes = run_page(defining, "false", using)
    assert [outcome.verdict for outcome in outcomes] == ["passed", "failed", "passed"]
    assert outcomes[2].output == "1 /tmp\nf\n"
    assert outcomes[2].reason == ""


def test_a_lost_shell_is_told_to_the_steps_after_it(run_page: RunPage) -> None:
    _, _, after = run_page("x=1; touch kept", "exit 1", 'ls kept; echo "[$x]"')
    assert (after.verdict, after.output) == ("passed", "kept\n[]\n")
    assert "started anew after #p-2" in after.reason


@pytest.mark.parametrize("text", ["sleep 100", "trap '' TERM INT HUP; sleep 100", "while :; do :; done", "yes"])
def test_what_does_not_end_is_killed_in_time(run_page: RunPage, text: str) -> None:
    hanging, after = run_page(fence(f"echo begun\n{text}", "data-timeout=0.6"), "echo on")
    assert (hanging.verdict, hanging.exit) == ("failed", None)
    assert "did not end within 0.6 s" in hanging.reason
    assert hanging.output.startswith("begun\n")
    assert 0.5 < hanging.seconds < 10
    assert after.output == "on\n"


def test_a_clock_that_jumps_changes_no_verdict(run_page: RunPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock cannot be set here, so a jump an hour back and forth is only told to the runner."""
    jumps = itertools.cycle((0.0, 3600.0, -3600.0))
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + next(jumps))
    outcomes = run_page(*["sleep 0.05", "false", "echo on"] * 3, options="data-timeout=20")
    assert [outcome.verdict for outcome in outcomes] == ["passed", "failed", "passed"] * 3
    assert all(0 <= outcome.seconds < 15 for outcome in outcomes)


def test_no_process_is_left_for_the_next_shell(run_page: RunPage) -> None:
    _, _, after = run_page("setsid -f sleep 1234", "exit 1", "pgrep -f 'sleep 123[4]' || echo none")
    assert after.output == "none\n"


def test_a_builtin_that_no_longer_works_is_seen(run_page: RunPage) -> None:
    text = 'builtin() { case $1 in eval) ;; *) command builtin "$@";; esac; }'
    _, after, *_ = run_page(text, "false", "echo on")
    assert after.verdict == "failed"


@pytest.mark.parametrize(
    ("options", "text", "verdict"),
    [
        ("data-exit=3", "(exit 3)", "passed"),
        ("data-exit=3", "exit 3", "passed"),
        ("data-exit=3", "echo fine", "failed"),
        ("data-exit=3", "false", "failed"),
        ("data-exit=0", "exit 0", "passed"),
        ("data-exit=1", "false\necho no", "passed"),
        ("data-expect='a*'", "echo abc", "passed"),
        ("data-expect='a*'", "echo xabc", "failed"),
        ("data-expect='a\\nb'", "echo a; echo x; echo b", "passed"),
        ("data-expect='a\\nb'", "echo b; echo a", "failed"),
        ("data-expect='[x] (y) ?'", "echo '[x] (y) z'", "passed"),
        ("data-expect='red'", "printf '\\e[31mred\\e[0m\\n'", "passed"),
        ("data-expect='end'", "yes | head -c 5000000; echo; echo end", "passed"),
        ("data-expect='x'", "false", "failed"),
        ("data-artifact='a.txt'", "echo x > a.txt", "passed"),
        ("data-artifact='a.txt'", "true", "failed"),
        ("data-artifact='a.txt'", ": > a.txt", "failed"),
        ("data-artifact='a.txt'", "ln -s /etc/shadow a.txt", "failed"),
        ("data-artifact='a.txt'", "mkfifo a.txt", "failed"),
        ("data-artifact='d/a.txt'", "mkdir d; cd d; mkdir d; echo x > d/a.txt", "passed"),
    ],
)
def test_options_decide_too(run_page: RunPage, options: str, text: str, verdict: str) -> None:
    assert run_page(text, options=options)[0].verdict == verdict


def test_a_new_shell_starts_where_there_is_a_folder(run_page: RunPage) -> None:
    _, after = run_page("cd /; rm -rf ~/work; exit 1", "pwd")
    assert (after.verdict, after.output) == ("passed", "/home/reader\n")


def test_an_artifact_is_found_whatever_the_folder_is_called(run_page: RunPage) -> None:
    text = "mkdir $'a\\tb\\nc'; cd $'a\\tb\\nc'; PWD=/nowhere; echo x > a.txt"
    assert run_page(text, options="data-artifact=a.txt")[0].verdict == "passed"


def test_every_step_has_a_verdict_when_the_sandbox_ends(run_page: RunPage) -> None:
    page = parse_page(fence("echo a") + fence("sleep 60") + fence("echo b"), "p.md")
    with Sandbox() as sandbox:
        outcomes = run_steps(sandbox, plan_page(page, HOST))
        assert next(outcomes).verdict == "passed"
        os.kill(sandbox.pid, signal.SIGKILL)
        hit, after = outcomes
    assert (hit.verdict, after.verdict) == ("failed", "failed")
    assert "the sandbox ended" in hit.reason
    assert after.reason == "not run, as the sandbox ended at #p-2"


def test_an_artifact_is_read_before_the_next_step_changes_it(run_page: RunPage) -> None:
    first, _ = run_page(fence("echo one > a", "data-artifact=a"), "echo two > a")
    assert [(artifact.name, artifact.content) for artifact in first.artifacts] == [("a", b"one\n")]


def test_a_trap_on_exit_prints_into_its_step(run_page: RunPage) -> None:
    outcome, after = run_page("trap 'echo bye; echo bye >&2' EXIT\nexit 3", "echo on")
    assert (outcome.verdict, outcome.output, after.output) == ("failed", "bye\nbye\n", "on\n")


def test_a_trap_that_a_later_step_would_run_into_is_set_again(run_page: RunPage) -> None:
    outcomes = run_page("trap : ERR", "echo a\nfalse", "f() { trap - ERR; }", "f", "false\necho no")
    assert [outcome.verdict for outcome in outcomes] == ["passed", "failed", "passed", "passed", "failed"]
    assert "`false` ended with exit 1" in outcomes[4].reason


def test_a_trap_that_is_taken_away_unseen_lets_no_failure_pass(run_page: RunPage) -> None:
    """The words that take it away are not in the text, so it is not set again: -e then ends the shell."""
    outcomes = run_page("x=tr y=ap; $x$y - ERR", "false\necho no", "echo on")
    assert [outcome.verdict for outcome in outcomes] == ["passed", "failed", "passed"]
    assert "the shell ended with exit 1" in outcomes[1].reason


def test_no_program_inherits_a_descriptor_of_the_runner(run_page: RunPage) -> None:
    listing = run_page("ls /proc/self/fd", "sleep 5 & ls /proc/$!/fd", "echo on")
    # The third is that of the folder that `ls` reads.
    assert [outcome.output.split() for outcome in listing[:2]] == [["0", "1", "2", "3"], ["0", "1", "2"]]


def test_output_belongs_to_the_step_that_printed_it(run_page: RunPage) -> None:
    outcomes = run_page("echo a >&2", "echo b", "printf c", "echo d")
    assert [outcome.output for outcome in outcomes] == ["a\n", "b\n", "c", "d\n"]


def test_bash_names_itself_as_in_a_terminal(run_page: RunPage) -> None:
    assert run_page("nosuchcommand")[0].output == "bash: nosuchcommand: command not found\n"


def test_tracing_shows_the_snippet_and_not_the_guards(run_page: RunPage) -> None:
    outcomes = run_page("set -x", "echo hi", "false")
    assert [outcome.output for outcome in outcomes] == ["", "+ echo hi\nhi\n", "+ false\n"]


def test_much_output_is_cut_in_the_middle(run_page: RunPage) -> None:
    outcome: Outcome = run_page("echo begin; yes | head -c 20000000; echo; echo end")[0]
    assert outcome.output.startswith("begin\n")
    assert outcome.output.endswith("end\n")
    assert "bytes not kept" in outcome.output
    assert len(outcome.output) < 2_200_000


def test_a_thousand_snippets_keep_their_own_verdict(run_page: RunPage) -> None:
    outcomes = run_page(*["false" if n % 10 == 3 else f"echo {n}" for n in range(1000)])
    assert [n for n, outcome in enumerate(outcomes) if outcome.verdict == "failed"] == list(range(3, 1000, 10))
    assert outcomes[998].output == "998\n"
