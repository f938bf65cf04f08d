"""The command line: a door into the flows, without logic of its own."""

import argparse
import io
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from prtip_guide.error import GuideError

# The flows are imported by the command that needs them: --help answers at once.
PROFILE_EXAMPLES = """\
examples:
  prtip-guide doctor                              what this machine can profile
  prtip-guide profile --list                      the named scenarios
  prtip-guide profile --scenario syn-scan-1k      all three profiles of a scan
  prtip-guide profile --scenario mine --type cpu -- -sT -p 1-9999 127.0.0.1
  prtip-guide profile --scenario connect-scan-65k --type memory --heap heaptrack
  prtip-guide report syn-scan-1k                  what the profiles say
  prtip-guide report syn-scan-1k --markdown > report.md
  prtip-guide capacity --scan syn                 what more ports cost
"""
COMPARE_EXAMPLES = """\
examples:
  prtip-guide baseline save v0.5.9          keep all profiles of this machine
  prtip-guide compare v0.5.9 results/profiles/debian-12/prort-ip
  prtip-guide compare a-flamegraph.json b-flamegraph.json --svg difference.svg
exit status: 0 no failure, 1 something is 10 % worse or more, 2 not comparable
"""
EXAMPLES = """\
examples:
  prtip-guide plan                      what would run here, what is skipped and why
  prtip-guide run docs/cpu.md           run one page in a sandbox
  prtip-guide run docs/cpu.md#cpu-hot   the same page, up to one step
  prtip-guide run --record              run the whole guide and keep the results
  prtip-guide run --changed --record    only what changed since it was recorded
  prtip-guide run --watch --record docs/cpu.md   again at every save; `make serve` beside it shows the results
  prtip-guide status                    every snippet's verdict on every host
  prtip-guide profile --help            how to profile a scan and read the result
"""


MERGE_EXAMPLES = """\
examples:
  prtip-guide merge downloads/                      every host's results below downloads/ into results/
  prtip-guide run --shard 1/4 --into part-1         one of four parts, on a machine of its own
  prtip-guide merge part-1 part-2 part-3 part-4     the four parts are the whole run
exit status: 0 all was read, 1 something was refused
"""
ISSUES_EXAMPLES = """\
examples:
  prtip-guide issues ledgers/ --run https://forge.example/runs/7    after a run, with gh logged in
exit status: 0 all ledgers were read, 1 one could not be
"""
ROOT_EXAMPLES = """\
examples:
  prtip-guide root make debian-11                      make it, or see that it is whole
  prtip-guide root list                                which are there, and whether they are whole
  prtip-guide root drop                                remove all of them
  prtip-guide run --root debian-11 docs/setup/linux.md run a page where nothing is installed yet
"""


STOPPED = "prtip-guide: stopped; pages that had ended are recorded, the sandbox is gone"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 when all is well, 1 when a check failed, 2 on wrong use."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # no character of a page may end the run
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if getattr(options, "allow", None):
        os.environ["PRTIP_GUIDE_ALLOW"] = options.allow
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    try:
        return int(options.command(options))
    except GuideError as error:
        print(f"prtip-guide: {error}", file=sys.stderr)
        return error.exit
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read it has had enough
        return 1
    except OSError as error:
        print(f"prtip-guide: {error.filename or 'output'}: {error.strerror}; see to it and run again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print(STOPPED, file=sys.stderr)
        return 130


def _stop(number: int, frame: object) -> None:
    """At the first Ctrl-C, clean up; at another, leave that to the sandbox's own helper, and end at once."""
    signal.signal(signal.SIGINT, _stop_at_once)
    raise KeyboardInterrupt


def _stop_at_once(number: int, frame: object) -> None:
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="prtip-guide",
        description="Run the commands of Markdown pages, and keep what happened.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    plan = _command(commands, "plan", _plan, "show what would run here and what is skipped; runs nothing")
    run = _command(commands, "run", _run, "run pages in a sandbox and tell what happened")
    run.add_argument("--record", action="store_true", help="keep the results in results/")
    run.add_argument("--changed", action="store_true", help="only pages that changed since they were recorded")
    run.add_argument("--watch", action="store_true", help="run a page again whenever it is saved, until Ctrl-C")
    run.add_argument("--jobs", type=int, default=1, metavar="N", help="run N pages side by side (default: 1)")
    run.add_argument("--shard", metavar="I/N", help="the I-th of N parts of the pages; with --into")
    run.add_argument("--into", type=Path, metavar="DIR", help="keep the results in DIR in place of results/")
    run.add_argument("--root", metavar="NAME", help="on a clean root: debian-11, debian-12 or debian-13")
    for command in (plan, run):
        command.add_argument("--allow", choices=("system-wide",), help="what pages may do that a stranger's must not")
        command.add_argument("--target", type=Path, metavar="DIR", help="prtip's source tree (default: $PRTIP_ROOT)")
    status = _command(commands, "status", _status, "show every snippet's verdict on every host, and what is stale")
    for command in (plan, run, status):
        command.add_argument("pages", nargs="*", metavar="PAGE", help="a Markdown file (default: all below docs/)")
    merge = _command(commands, "merge", _merge, "put ledgers of many hosts together", MERGE_EXAMPLES)
    merge.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a folder of results, or one above some")
    merge.add_argument("--into", type=Path, default=Path("results"), metavar="DIR", help="default: results")
    issues = _command(
        commands,
        "issues",
        _issues,
        "open, update or close the issue of each command that fails or does so no more",
        ISSUES_EXAMPLES,
    )
    issues.add_argument("folder", type=Path, metavar="DIR", help="a folder with ledgers in it or below")
    issues.add_argument("--run", required=True, metavar="URL", help="the run that they name")
    root = _command(commands, "root", _root, "make, list or drop clean roots of Debian releases", ROOT_EXAMPLES)
    root.add_argument("action", choices=("make", "list", "drop"))
    root.add_argument("names", nargs="*", metavar="NAME", help="debian-11, debian-12, debian-13 (default: all)")
    _profile_parser(_command(commands, "profile", _profile, "profile a scan and sum up what it says", PROFILE_EXAMPLES))
    report = _command(commands, "report", _report, "say what the profiles of a scenario show", PROFILE_EXAMPLES)
    report.add_argument("scenario", metavar="SCENARIO", help="the name that the profiles were made under")
    report.add_argument("--markdown", action="store_true", help="Markdown in place of plain text")
    _place(report)
    _compare_parsers(commands)
    return parser


def _compare_parsers(commands: Any) -> None:
    compare = _command(
        commands, "compare", _compare, "compare profiles, and fail where one is clearly worse", COMPARE_EXAMPLES
    )
    compare.add_argument("base", metavar="BASE", help="a summary, a folder of profiles, or a baseline's name")
    compare.add_argument("new", metavar="NEW", help="what is compared with it, named in the same way")
    compare.add_argument("--svg", type=Path, metavar="FILE", help="draw a differential flame graph")
    baseline = _command(commands, "baseline", _baseline, "keep profiles to compare with", COMPARE_EXAMPLES)
    baseline.add_argument("action", choices=("save",))
    baseline.add_argument("name", metavar="NAME", help="a folder of results/baselines/")
    baseline.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="default: every scenario there is")
    _place(baseline)
    compare.add_argument("--force", action="store_true", help="compare what is not comparable, and say so")
    baseline.add_argument("--force", action="store_true", help="replace a baseline of that name")
    capacity = _command(
        commands, "capacity", _capacity, "measure what more ports and higher rates cost", PROFILE_EXAMPLES
    )
    capacity.add_argument(
        "--scan", choices=("syn", "connect"), default="connect", help="default: connect; syn needs root"
    )
    capacity.add_argument("--ports", type=int, default=1_000_000, metavar="N", help="foretell for N (default: 1000000)")
    _place(capacity)
    doctor = _command(commands, "doctor", _doctor, "say what this machine can profile, with remedies", PROFILE_EXAMPLES)
    doctor.add_argument(
        "--target", type=Path, metavar="DIR", help="prtip's source tree (default: $PRTIP_ROOT, the tree you are in)"
    )


def _profile_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", metavar="NAME", help="a named scan, or a name for ARGS")
    parser.add_argument("--type", choices=("cpu", "memory", "io", "all"), default="all", help="default: all")
    parser.add_argument("--sampling-rate", type=int, metavar="HZ", help="CPU samples a second (default: 997)")
    parser.add_argument("--heap", choices=("massif", "heaptrack"), default="massif", help="default: massif")
    parser.add_argument("--leaks", action="store_true", help="look for leaks too, with Memcheck")
    parser.add_argument("--list", action="store_true", help="list the named scenarios")
    parser.add_argument("arguments", nargs="*", metavar="-- ARGS", help="prtip's arguments, after --")
    _place(parser)


def _place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-dir", type=Path, metavar="DIR", help="where the files are (default: results/profiles/HOST/TARGET)"
    )
    parser.add_argument(
        "--target", type=Path, metavar="DIR", help="prtip's source tree (default: $PRTIP_ROOT, the tree you are in)"
    )


def _command(
    commands: Any, name: str, function: Any, help_text: str, examples: str = EXAMPLES
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=help_text[0].upper() + help_text[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=function)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _print_json(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False))


def _plan(options: argparse.Namespace) -> int:
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.document import plan_document
    from prtip_guide.verify.guide import open_guide

    document = plan_document(open_guide(options.pages, options.target))
    _print_json(document) if options.json else Terminal().plan(document)
    return 0


def _run(options: argparse.Namespace) -> int:
    if sys.platform.startswith("linux") and not options.watch:
        from prtip_guide.verify.sandbox import start_ahead

        start_ahead()  # while the rest of the program and the pages are read
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.document import run_document
    from prtip_guide.verify.guide import UsageError, forget_missing, only_changed, only_shard, open_guide, run_guide
    from prtip_guide.verify.root import find_root
    from prtip_guide.verify.shard import read_shard

    if options.watch:
        return _watch(options)
    clean = find_root(options.root) if options.root else None
    guide = open_guide(
        options.pages, options.target, versions=bool(options.record or options.changed or options.into), clean=clean
    )
    terminal = Terminal(sys.stderr if options.json else sys.stdout)
    with guide.roots_held(terminal.line):
        if options.changed:
            guide = only_changed(guide)
        if options.shard:
            if not options.into:
                raise UsageError("--shard keeps a part of the pages; name a folder for them with --into")
            guide = only_shard(guide, read_shard(options.shard), options.into)
        elif options.into:
            guide = replace(guide, into=options.into)
        record = bool(options.record or options.into)
        runs = list(run_guide(guide, terminal, record, options.jobs))
        if options.record and not (options.pages or options.into):
            forget_missing(guide)
    _print_json(run_document(runs)) if options.json else terminal.summary(runs)
    for problem in dict.fromkeys(run.problem for run in runs if run.problem):
        print(f"prtip-guide: {problem}", file=sys.stderr)
    return int(any(run.problem or "failed" in [o.verdict for o in run.outcomes] for run in runs))


def _watch(options: argparse.Namespace) -> int:
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.guide import UsageError, open_guide
    from prtip_guide.verify.watch import saved

    if options.json or options.shard or options.changed:
        raise UsageError("--watch goes on until Ctrl-C; --json, --shard and --changed are for one run")
    guide = open_guide(options.pages, options.target)
    names = options.pages or [str(guide.root / page.path) for page in guide.pages]
    paths = {Path(name if Path(name).exists() else name.rpartition("#")[0]): name for name in names}
    told = f"waiting for {names[0] if len(names) == 1 else f'{len(names)} pages'} to be saved; Ctrl-C ends"
    watched = saved(list(paths))  # before the first run: what is saved during a run is run after it
    # Who names pages works on them; the whole guide takes minutes, so of it only what is saved is run.
    for name in options.pages:
        _run_again(options, name)
    Terminal().line(told)
    for path in watched:
        _run_again(options, paths[path])
        Terminal().line(told)
    return 0


def _run_again(options: argparse.Namespace, name: str) -> None:
    try:
        _run(argparse.Namespace(**{**vars(options), "pages": [name], "watch": False}))
    except GuideError as error:  # a page that is written wrongly is mended and saved again
        print(f"prtip-guide: {error}", file=sys.stderr)


def _merge(options: argparse.Namespace) -> int:
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.merge import merge

    missing = [folder for folder in options.folders if not folder.is_dir()]
    if missing:
        print(f"prtip-guide: {missing[0]}: no such folder; name a folder of results", file=sys.stderr)
        return 2
    merged = merge(options.folders, options.into).as_json()
    _print_json(merged) if options.json else Terminal().merged(merged)
    return int(bool(merged["refused"]))


def _issues(options: argparse.Namespace) -> int:
    from prtip_guide.verify.failure import verdicts_in
    from prtip_guide.verify.issue import report

    verdicts = verdicts_in(options.folder)
    for text in verdicts.unread:
        print(f"prtip-guide: {text}", file=sys.stderr)
    done = report(verdicts, options.run)
    _print_json({"done": done, "unread": verdicts.unread}) if options.json else print(
        "\n".join(done) or "no command fails"
    )
    return int(bool(verdicts.unread))


def _root(options: argparse.Namespace) -> int:
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify import root
    from prtip_guide.verify.bootstrap import bootstrap
    from prtip_guide.verify.document import roots_document
    from prtip_guide.verify.guide import known_roots

    terminal = Terminal(sys.stderr if options.json else sys.stdout)
    known = known_roots()
    for one in [root.find_root(name) for name in options.names or root.CODENAMES]:
        if options.action == "make" and not root.make_root(one, bootstrap, terminal.line):
            terminal.line(f"the root {one.name} is whole")
        for same in (one, root.Root(one.release, set_up="any")):
            if options.action == "drop" and root.drop_root(same, terminal.line):
                terminal.line(f"dropped the root {same.name}")
    if options.json:
        _print_json(roots_document(known))
    elif options.action == "list":
        terminal.roots(roots_document(known))
    return 0


def _status(options: argparse.Namespace) -> int:
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.document import status_document
    from prtip_guide.verify.guide import open_guide

    document = status_document(open_guide(options.pages))
    _print_json(document) if options.json else Terminal().status(document)
    return 0


# What profiles is imported where it is used, so that --help and the other commands start at once.
def _profile(options: argparse.Namespace) -> int:
    from prtip_guide.profile import door

    if options.list or options.scenario is None:
        return door.list_scenarios(options.json, asked=options.list)
    request = door.request_from(vars(options))
    return door.profile(request, options.json)


def _report(options: argparse.Namespace) -> int:
    from prtip_guide.profile import door

    form = "json" if options.json else "markdown" if options.markdown else "text"
    return door.report(options.scenario, options.output_dir, options.target, form)


def _compare(options: argparse.Namespace) -> int:
    from prtip_guide.profile import door

    return door.compare(options.base, options.new, options.force, options.svg, options.json)


def _baseline(options: argparse.Namespace) -> int:
    from prtip_guide.profile import door

    return door.save_baseline(options.name, options.scenarios, options.output_dir, options.target, options.force)


def _doctor(options: argparse.Namespace) -> int:
    from prtip_guide.profile import door

    return door.doctor(options.target, options.json)


def _capacity(options: argparse.Namespace) -> int:
    from prtip_guide.profile import door

    return door.capacity(options.scan, options.ports, options.output_dir, options.target, options.json)
