"""A small API: complaints, two on a page. Usage: python serve.py [PORT]"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ISSUES = [
    {
        "id": 1,
        "title": "late",
        "state": "open",
        "updated": "2026-03-01T09:00:00Z",
        "paper": "first.txt",
        "by": {"name": "Ann", "tags": ["new", "angry"]},
    },
    {
        "id": 2,
        "title": "torn",
        "state": "closed",
        "updated": "2026-03-01T10:00:00Z",
        "paper": None,
        "by": {"name": "Bo", "tags": []},
    },
    {
        "id": 3,
        "title": "lost",
        "state": "open",
        "updated": "2026-03-02T08:00:00Z",
        "paper": "second.md",
        "by": {"name": "Cy", "tags": ["new"]},
    },
]


class Tracker(BaseHTTPRequestHandler):
    """Answers ``/issues?since=...&page=...``."""

    def do_GET(self) -> None:
        """One page of what changed since."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        found = [one for one in ISSUES if one["updated"] >= asked.get("since", "")]
        page = int(asked.get("page", "1"))
        body = json.dumps({"data": {"items": found[2 * page - 2 : 2 * page]}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8899), Tracker)
    print(server.server_port, flush=True)
    server.serve_forever()
