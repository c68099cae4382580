"""An archive on 127.0.0.1: files with ranges, and the ways in which archives fail."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Archive:
    """What the server holds and how it behaves; `requests` keeps path and Range of each request."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.tag = '"1"'
        self.ranges = True
        self.break_after: int | None = None
        self.breaks = 0
        self.content_type = "application/octet-stream"
        self.requests: list[tuple[str, str | None]] = []
        self.url = ""


@contextmanager
def archive() -> Iterator[Archive]:
    held = Archive()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            held.requests.append((self.path, wanted))
            content = held.files.get(self.path.strip("/"))
            if content is None:
                self.send_error(404, "Not Found")
                return
            begin = 0
            same = self.headers.get("If-Range") in {None, held.tag}
            if wanted and held.ranges and same:
                begin = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
                if begin >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(content)}")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.send_header("Content-Type", held.content_type)
            self.send_header("ETag", held.tag)
            self.end_headers()
            rest = content[begin:]
            if held.break_after is not None and held.breaks > 0:
                held.breaks -= 1
                rest = rest[: held.break_after]
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
