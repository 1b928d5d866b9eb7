"""
Files that people send and fetch: beside nginx, which does nothing else, by the same curl.
"""

import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from benchmarks.measure import byTurns, healthz, pss, waitFor
from tests.support import Daemon, freePort

mebibyte: Final = 1024 * 1024

size: Final = 512 * mebibyte

kinds: Final = ("gamepanel down", "nginx down", "gamepanel up", "nginx up")

configuration: Final = """
daemon off; worker_processes 1; pid pid; error_log error.log; user root;
events {{}}
http {{
    access_log off; sendfile on; client_max_body_size 0;
    client_body_temp_path body; proxy_temp_path proxied;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; dav_methods PUT; }}
}}
"""


class Transfers:
    """
    A daemon and nginx, and a file for each.

    @param work: an empty directory.
    """

    def __init__(self, work: str) -> None:
        self.daemon = Daemon()
        client = self.daemon.start()
        client("server_create", type="shell", server="cave")
        self.files = Path(self.daemon.state, "servers/cave/files")
        self.root, self.port = Path(work, "root"), freePort()
        self.root.mkdir()
        self.source = Path(work, "source")
        with self.source.open("wb") as file:
            for _ in range(size // mebibyte):
                file.write(os.urandom(mebibyte))
        for there in (self.files, self.root):
            (there / "down").write_bytes(self.source.read_bytes())
        settings = Path(work, "nginx.conf")
        settings.write_text(configuration.format(port=self.port, root=self.root))
        self.nginx = subprocess.Popen(["nginx", "-p", work, "-c", settings])
        waitFor(lambda: self._isThere(f"http://127.0.0.1:{self.port}/down"), "nginx")
        token = f"Authorization: Bearer {client.token}"
        binary = "Content-Type: application/octet-stream"
        ours = f"{self.daemon.base}%s?server=cave&path=%s"
        put = ["-T", str(self.source)]
        self.commands = {
            "gamepanel down": ["-H", token, ours % ("file_download", "down")],
            "nginx down": [f"http://127.0.0.1:{self.port}/down"],
            "gamepanel up": [
                *("-H", token, "-H", binary, "-X", "POST", *put),
                ours % ("file_upload", "up"),
            ],
            "nginx up": [*put, f"http://127.0.0.1:{self.port}/up"],
        }

    def _isThere(self, url: str) -> bool:
        return not subprocess.run(["curl", "-sfI", "-o", "/dev/null", url], check=False).returncode

    def once(self, kind: str) -> tuple[float]:
        """Megabytes in a second."""
        begun = time.monotonic()
        curl = ["curl", "-sf", "-H", "Expect:", "-o", "/dev/null", *self.commands[kind]]
        subprocess.run(curl, check=True)
        return (size / 1e6 / (time.monotonic() - begun),)

    def beside(self) -> tuple[float, float]:
        """How long C{healthz} takes beside four downloads and four uploads, in milliseconds."""
        over = threading.Event()

        def goOn(kind: str) -> None:
            while not over.is_set():
                self.once(kind)

        threads = [
            threading.Thread(target=goOn, args=(kind,))
            for kind in ("gamepanel down", "gamepanel up") * 4
        ]
        for thread in threads:
            thread.start()
        try:
            return healthz(self.daemon.port)
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def end(self) -> None:
        """Stop both."""
        self.nginx.terminate()
        self.nginx.wait()
        self.daemon.cleanUp()


def main() -> None:
    """Print what was measured."""
    with tempfile.TemporaryDirectory(prefix="gamepanel-transfers-") as work:
        transfers = Transfers(work)
        try:
            before = pss(transfers.daemon.process.pid)
            found = {kind: each for kind, (each,) in byTurns(kinds, transfers.once).items()}
            for way in ("down", "up"):
                ours, theirs = found[f"gamepanel {way}"], found[f"nginx {way}"]
                print(f"{way:5} {ours:6.0f} MB/s, nginx {theirs:6.0f}: {ours / theirs:.2f} of it")
            median, high = transfers.beside()
            print(f"healthz beside four of each {median:.1f} / {high:.1f} ms")
            after = pss(transfers.daemon.process.pid)
            print(f"PSS of the daemon {before:.1f} MB before, {after:.1f} after")
        finally:
            transfers.end()


if __name__ == "__main__":
    main()
