"""Sites built for the tests, served on the loopback, and what a browser sees of them."""

import functools
import gzip
import http.server
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from playwright.sync_api import ConsoleMessage, Page, Request, Response

CHECKOUT = Path(__file__).parents[2]
TEXT = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml"}
OPEN_ALL = "for (const fold of document.querySelectorAll('details')) fold.open = true"


@dataclass(frozen=True)
class Site:
    """A built site and where it is served."""

    root: Path
    url: str

    @property
    def pages(self) -> list[str]:
        """Every page's address below the site's; files that a step recorded are no pages."""
        folders = (path.parent.relative_to(self.root) for path in self.root.rglob("index.html"))
        return sorted(
            f"{folder.as_posix()}/".removeprefix("./") for folder in folders if folder.parts[:1] != ("results",)
        )


@dataclass
class Visit:
    """A page in the browser, with everything that went wrong there."""

    page: Page
    site: Site
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfailed", lambda request: self.trouble.append(f"failed: {request.url}"))
        self.page.on("response", self._response)

    def open(self, address: str) -> Page:
        """Open a page of the site."""
        self.page.goto(self.site.url + address)
        return self.page

    def settle(self) -> None:
        """Wait for what a page loads late: its pictures when they come into view, and the search."""
        for frame in self.page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.trouble.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.trouble.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.trouble.append(f"{response.status}: {response.url}")


def build(folder: Path, out: Path) -> None:
    """Build the site whose mkdocs.yml is in ``folder``, as strictly as it is published."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def serve(root: Path) -> Iterator[Site]:
    """Serve a folder on a free port of the loopback."""
    handler = functools.partial(_Quiet, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(root, f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@functools.cache
def _compressed(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    # A connection is kept, as hosts do.
    protocol_version = "HTTP/1.1"

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Send text compressed, as every host of such sites does."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        if path.suffix not in TEXT or not path.is_file():
            return super().send_head()
        body = _compressed(path, path.stat().st_mtime_ns)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
