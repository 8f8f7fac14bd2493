# SPDX-License-Identifier: GPL-2.0-or-later
"""A publisher of images, on 127.0.0.1, good and bad: server.py FILE PORT-FILE LOG. Serves FILE under names that say what goes wrong.

/good       whole, with an ETag, and in ranges
/cut        half of it at first, then the rest if a range is asked for
/cut-always ends in the middle of what it promised, each time
/no-range   half of it at first; then always whole, whatever range is asked for
/changed    half of it at first; then it is another file
/slow…      half of it, then nothing more until the client goes; in ranges as /good
/large      promises 64 GiB
/endless    promises nothing and never ends
/moved      redirects to /good; /loop to itself
/sums/NAME  SHA256SUMS of all; /bad-sums/NAME not
"""
import hashlib
import http.server
import os
import sys
import time

DATA = open(sys.argv[1], "rb").read()
HALF = len(DATA) // 2
seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        with open(sys.argv[3], "a", encoding="utf-8") as log:
            log.write(f"{self.path} range={self.headers.get('Range')} if-range={self.headers.get('If-Range')}\n")

    def head(self, status, length, **more):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def range_begin(self, etag):
        text = self.headers.get("Range")
        if not text or self.headers.get("If-Range") not in (None, etag):
            return 0
        return int(text.removeprefix("bytes=").rstrip("-"))

    def serve(self, etag='"one"', data=DATA, end=None, ranges=True):
        begin = self.range_begin(etag) if ranges else 0
        if begin:
            self.head(206, len(data) - begin, ETag=etag, Content_Range=f"bytes {begin}-{len(data) - 1}/{len(data)}")
        else:
            self.head(200, len(data), ETag=etag)
        self.wfile.write(data[begin:end])
        self.wfile.flush()

    def do_GET(self):
        name = self.path.strip("/")
        first = name not in seen
        seen.add(name)
        if name == "good":
            self.serve()
        elif name in ("cut", "no-range", "changed"):
            if first:
                self.serve(end=HALF)
            else:
                self.serve(etag='"two"' if name == "changed" else '"one"', ranges=name != "no-range")
        elif name == "cut-always":
            self.serve(end=max(HALF, self.range_begin('"one"') + 1000))
        elif name.startswith("slow"):
            self.serve(end=HALF if first else None)
            if first:
                time.sleep(60)
        elif name == "large":
            self.head(200, 64 << 30)
            self.wfile.write(DATA)
        elif name == "endless":
            self.head(200, None)
            while True:
                self.wfile.write(DATA)
        elif name in ("moved", "loop"):
            self.head(302, 0, Location="/good" if name == "moved" else "/loop")
        elif name.startswith(("sums/", "bad-sums/")):
            digest = hashlib.sha256(DATA if name.startswith("sums/") else b"").hexdigest()
            text = "".join(f"{digest}  {file}\n" for file in ("good", "cut")).encode()
            self.head(200, len(text))
            self.wfile.write(text)
        else:
            self.head(404, 0)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(sys.argv[2] + ".new", "w", encoding="utf-8") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
