"""The coverage-guided part of ``make fuzz``: Atheris follows which lines of the lexer a page reaches."""

import sys

import atheris  # installed by `make fuzz`, beside .venv

with atheris.instrument_imports(include=["prtip_guide.pages", "prtip_guide.verify.plan"]):
    from tests.fuzz.target import check, page_of

if __name__ == "__main__":
    atheris.Setup(sys.argv, lambda data: check(page_of(data)))
    atheris.Fuzz()
