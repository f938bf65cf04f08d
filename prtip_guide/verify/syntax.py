"""Ask bash whether snippets can be parsed, before any of them runs."""

import os
import re
import subprocess
from collections.abc import Sequence

COMPLAINT = re.compile(r"^[^\n]*?: line (\d+): (?:warning: )?(.*)$", re.M)
OPENED = re.compile(r"here-document at line (\d+)")
# Valid between commands; inside a quote or a substitution that a snippet left open, an error.
SEPARATOR = """: ' ) ' " ) " ` ) `\n"""
# Two kinds of brackets, so that a snippet which leaves one open, or closes one, does not fit.
BEFORE, AFTER = "( {\n:\n", "\n} )\n"
HERE_DOCUMENT = re.compile(r"<<(?!<)")
# `<<EOF`, `<<-EOF`, `<<'EOF'`, `<<"EOF"`; whatever else stands behind << is looked at by bash alone.
DELIMITER = re.compile(r"<<(-?)\s*(['\"]?)(\w+)\2(?=[\s;|&)>]|$)")


def syntax_errors(texts: Sequence[str]) -> dict[int, tuple[int, str]]:
    """For each text that bash cannot parse: its index, with the line in it and bash's words.

    A here-document that never ends is an error too, though bash only warns. All texts are checked in
    one run of bash, and only halves that hold an error are looked at again.
    """
    # A here-document without its end would swallow the texts after it, so it is looked at alone.
    alone = [n for n, text in enumerate(texts) if not _ends_here_documents(text)]
    together = [n for n, text in enumerate(texts) if _ends_here_documents(text)]
    found = _search(texts, together)
    for number in alone:
        found |= _search(texts, [number])
    return found


def _ends_here_documents(text: str) -> bool:
    """Whether every here-document of ``text`` plainly has its last line; there may be none."""
    if not HERE_DOCUMENT.search(text):
        return True
    found = DELIMITER.findall(text)
    lines = text.split("\n")
    ends = [any((line.lstrip("\t") if dash else line) == word for line in lines[1:]) for dash, _, word in found]
    return (
        len(found) == len(HERE_DOCUMENT.findall(text))
        and all(ends)
        and len({word for _, _, word in found}) == len(found)
    )


def _search(texts: Sequence[str], numbers: Sequence[int]) -> dict[int, tuple[int, str]]:
    if len(numbers) == 1:
        complaint = _complaint(texts[numbers[0]] + "\n")
        return {numbers[0]: complaint} if complaint else {}
    if not numbers or not _complaint("".join(f"{BEFORE}{texts[n]}{AFTER}{SEPARATOR}" for n in numbers)):
        return {}
    half = len(numbers) // 2
    return _search(texts, numbers[:half]) | _search(texts, numbers[half:])


def _complaint(script: str) -> tuple[int, str] | None:
    """What ``bash -n`` says first; extglob is on, as a snippet may have switched it on."""
    with open(os.memfd_create("snippets"), "wb") as file:
        file.write(script.encode())
        file.flush()
        done = subprocess.run(
            ["/bin/bash", "--norc", "-O", "extglob", "-n", f"/proc/self/fd/{file.fileno()}"],
            capture_output=True,
            env={"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            pass_fds=[file.fileno()],
            check=False,
        )
    message = done.stderr.decode(errors="replace")
    if done.returncode == 0 and not message:
        return None
    found = COMPLAINT.search(message)
    if found is None:
        return 1, message.strip()
    opened = OPENED.search(found[2])
    return int(opened[1] if opened else found[1]), found[2]
