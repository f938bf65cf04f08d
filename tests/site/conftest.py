"""What every test of the site starts from."""

from pathlib import Path

import pytest

from tests.site.small import Small


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A guide of its own, in which the working directory is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRTIP_GUIDE_DOCS", raising=False)
    monkeypatch.delenv("PRTIP_GUIDE_RESULTS", raising=False)
    # On a busy machine looking at the files takes longer, and what was read would be kept for longer than a test waits.
    monkeypatch.setattr("prtip_guide.site.folder.LONG_SECONDS", 60.0)
    return Small(tmp_path)
