"""The download stage: what it takes, what it refuses, and what the user reads."""

import gzip
import hashlib
import http.server
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from stages import download
from stages.files import read_npz
from vhp import datasets
from vhp.datasets import RemoteFile, Source

CONTENT = b"1 2 3 4\n"
MD5 = hashlib.md5(CONTENT).hexdigest()


def decode(files):
    (content,) = files.values()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return {"numbers": np.array([int(word) for word in content.split()])}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the stage on a data set of one small file with the given addresses; gives the written arrays."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VHP_DATA", raising=False)

    def run(urls=(), md5=MD5):
        sha256 = datasets.content_sha256(decode({"numbers.txt": CONTENT}))
        source = Source("none", "none", sha256, (RemoteFile("numbers.txt", tuple(urls), md5),))
        monkeypatch.setattr(datasets, "load", lambda name: SimpleNamespace(SOURCE=source, decode=decode))
        monkeypatch.setattr(sys, "argv", ["download", "tiny"])
        download.main()
        return read_npz(tmp_path / "data" / "raw" / "tiny.npz")

    return run


@pytest.fixture
def mirror(run, tmp_path, monkeypatch):
    """The data set's folder in a directory that VHP_DATA names. After `run`, which takes VHP_DATA away."""
    folder = tmp_path / "mirror" / "tiny"
    folder.mkdir(parents=True)
    monkeypatch.setenv("VHP_DATA", str(folder.parent))
    return folder


@pytest.fixture
def server():
    """A web server on the loopback interface; gives its address and the table of what it serves."""
    served: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = served.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}", served
        httpd.shutdown()


def refused(run, message, *args, tmp_path):
    with pytest.raises(SystemExit, match=message):
        run(*args)
    assert not (tmp_path / "data" / "raw").exists()


def test_a_mirror_is_read_plain_and_compressed(run, mirror):
    (mirror / "numbers.txt.gz").write_bytes(gzip.compress(CONTENT))
    np.testing.assert_array_equal(run()["numbers"], [1, 2, 3, 4])
    (mirror / "numbers.txt.gz").unlink()
    (mirror / "numbers.txt").write_bytes(CONTENT)
    np.testing.assert_array_equal(run()["numbers"], [1, 2, 3, 4])


def test_a_mirror_without_the_file_names_the_places(run, mirror, tmp_path):
    refused(run, r"VHP_DATA has no numbers.txt: looked for .*tiny/numbers.txt and .*gz; unset", tmp_path=tmp_path)


def test_a_mirror_with_other_content_is_refused(run, mirror, tmp_path):
    (mirror / "numbers.txt").write_bytes(b"1 2 3 5\n")
    refused(run, "wrong content in .*numbers.txt: expected SHA-256 .*, found .*; replace", tmp_path=tmp_path)


def test_the_next_address_is_tried(run, server):
    address, served = server
    served["/good"] = CONTENT
    arrays = run([f"{address}/missing", f"{address}/good"])
    np.testing.assert_array_equal(arrays["numbers"], [1, 2, 3, 4])


def test_every_failing_address_is_named(run, server, tmp_path):
    address, served = server
    served["/corrupt"] = b"1 2 3 5\n"
    with pytest.raises(SystemExit) as stopped:
        run([f"{address}/missing", f"{address}/corrupt"])
    message = str(stopped.value)
    assert "numbers.txt could not be downloaded" in message
    assert f"{address}/missing: 404" in message
    assert f"{address}/corrupt: MD5 hash of downloaded file" in message
    assert "set VHP_DATA=" in message
    assert not (tmp_path / "data" / "raw").exists()
    assert not (tmp_path / "data" / "downloads" / "tiny" / "numbers.txt").exists()


def test_a_download_is_not_repeated(run, server):
    address, served = server
    served["/good"] = CONTENT
    run([f"{address}/good"])
    served.clear()
    np.testing.assert_array_equal(run([f"{address}/good"])["numbers"], [1, 2, 3, 4])
