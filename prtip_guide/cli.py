"""The command line: a door into the flows, without logic of its own."""

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prtip_guide.error import GuideError

# The flows are imported by the command that needs them: --help answers at once.
EXAMPLES = """\
examples:
  prtip-guide plan                      what would run here, what is skipped and why
  prtip-guide run docs/cpu.md           run one page in a sandbox
  prtip-guide run docs/cpu.md#cpu-hot   the same page, up to one step
  prtip-guide run --record              run the whole guide and keep the results
  prtip-guide run --changed --record    only what changed since it was recorded
  prtip-guide status                    every snippet's verdict on every host
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 when all is well, 1 when a check failed, 2 on wrong use."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # no character of a page may end the run
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
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
        print("prtip-guide: stopped; pages that had ended are recorded, the sandbox is gone", file=sys.stderr)
        return 130


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
    run.add_argument("--jobs", type=int, default=1, metavar="N", help="run N pages side by side (default: 1)")
    for command in (plan, run):
        command.add_argument("--target", type=Path, metavar="DIR", help="prtip's source tree (default: $PRTIP_ROOT)")
    _command(commands, "status", _status, "show every snippet's verdict on every host, and what is stale")
    return parser


def _command(commands: Any, name: str, function: Any, help_text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=help_text[0].upper() + help_text[1:] + ".",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=function)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="a Markdown file (default: every page below docs/)")
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
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.document import run_document
    from prtip_guide.verify.guide import forget_missing, only_changed, open_guide, run_guide

    guide = open_guide(options.pages, options.target, versions=options.record or options.changed)
    if options.changed:
        guide = only_changed(guide)
    terminal = Terminal(sys.stderr if options.json else sys.stdout)
    runs = list(run_guide(guide, terminal, options.record, options.jobs))
    if options.record and not options.pages:
        forget_missing(guide)
    _print_json(run_document(runs)) if options.json else terminal.summary(runs)
    for problem in dict.fromkeys(run.problem for run in runs if run.problem):
        print(f"prtip-guide: {problem}", file=sys.stderr)
    return int(any(run.problem or "failed" in [o.verdict for o in run.outcomes] for run in runs))


def _status(options: argparse.Namespace) -> int:
    from prtip_guide.terminal import Terminal
    from prtip_guide.verify.document import status_document
    from prtip_guide.verify.guide import open_guide

    document = status_document(open_guide(options.pages))
    _print_json(document) if options.json else Terminal().status(document)
    return 0
