"""The schema of a ledger: its version, and how an older ledger is read as one of today."""

from typing import Any

SCHEMA = 2
"""2: a machine says on which root a page ran, and a ledger of which shard of the pages it is."""


class SchemaError(ValueError):
    """A ledger of a version that this program does not know; the message says which."""


def migrate(ledger: dict[str, Any]) -> dict[str, Any]:
    """The ledger as one of SCHEMA; changes it in place. Raises SchemaError."""
    version = ledger.get("schema")
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= SCHEMA:
        raise SchemaError(f"schema {version}, this program knows 1 to {SCHEMA}")
    if version == 1:
        ledger["shard"] = ""
        for page in ledger["pages"].values():
            page["machine"].setdefault("root", "")
        ledger["schema"] = 2
    return ledger
