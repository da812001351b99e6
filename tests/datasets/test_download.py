"""The download stage: what it accepts, what it refuses, and its messages."""

import gzip
import hashlib
import http.server
import itertools
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from stages import download, quarantine
from stages.files import read_npz
from vhp import datasets
from vhp.datasets.sources import Item, Source, load_source

CONTENT = b"1 2 3 4\n"
OTHER = b"1 2 3 5\n"


def decode(item, files):
    """Numbers in a text; some words act like a damaged file on its library."""
    arrays = {}
    for name, content in files.items():
        if content == b"die":
            os.kill(os.getpid(), signal.SIGSEGV)
        if content == b"divide by zero":
            raise ZeroDivisionError("division by zero")
        if content == b"much":
            np.ones(2 * quarantine.MAX_BYTES, np.uint8)
        if content == b"wait":
            time.sleep(60)
        try:
            arrays[name.partition(".")[0]] = np.array([int(word) for word in content.split()])
        except ValueError as error:
            raise ValueError(f"{name}: found {content[:20]!r}, expected numbers") from error
    return arrays


SHA256 = datasets.content_sha256(decode("", {"numbers.txt": CONTENT}))
ITEM = Item("numbers.txt", sha256=SHA256, files=("numbers.txt",), mirror=("tiny/{name}",), max_mib=1)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the stage on a data set of one small item; gives the written arrays."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VHP_DATA", raising=False)
    monkeypatch.setattr(download, "require_own_data", lambda stage, name: None)
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setattr(download, "require_own_data", lambda *_: None)  # "tiny" is no data set of the project

    def run(urls=(), item=ITEM):
        # A busy machine's answers are slow, too.
        monkeypatch.setattr(download, "TIMEOUT", 0.5 if any("/slow/" in url for url in urls) else 10)
        source = Source("", "", "", "", "", "", "", (replace(item, urls=tuple(urls)),))
        monkeypatch.setattr(download, "load_source", lambda name: source)
        monkeypatch.setattr(datasets, "preparation", lambda name: SimpleNamespace(decode=decode))
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


BODIES = {
    "corrupted": OTHER,
    "page": b"<html>Not here</html>",
    "packed": gzip.compress(CONTENT),
    "bomb": gzip.compress(bytes(3 * 2**20)),
    "endless": bytes(3 * 2**20),
    "deadly": b"die",
    "broken": b"divide by zero",
    "greedy": b"much",
}


class Server:
    """A web server on the loopback interface, with a way to misbehave per path; counts what it was asked for."""

    def __init__(self):
        self.asked: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                kind = self.path.split("/")[1]
                attempt = outer.asked.count(self.path)
                if kind == "missing" or self.path.endswith("half/more.txt") or (kind == "flaky" and attempt == 1):
                    self.send_error(503 if kind == "flaky" else 404)
                elif kind == "moved":
                    self.send_response(302)
                    self.send_header("Location", self.path.replace("moved", "good"))
                    self.end_headers()
                elif kind == "slow":
                    time.sleep(1.5)
                else:
                    body = BODIES.get(kind, CONTENT)
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[:3] if kind == "truncated" else body)
                    if kind == "truncated":
                        self.close_connection = True

            def log_message(self, *args):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.httpd.server_port}"

    def url(self, kind: str) -> str:
        return f"{self.address}/{kind}/{{file}}"


@pytest.fixture
def server():
    server = Server()
    with server.httpd:
        threading.Thread(target=server.httpd.serve_forever, daemon=True).start()
        yield server
        server.httpd.shutdown()


@pytest.fixture
def nothing_left(tmp_path):
    """Called after a refusal: no file that a later stage or a later download could take for good."""

    def check():
        assert not (tmp_path / "data" / "raw").exists()
        downloads = tmp_path / "data" / "downloads"
        assert not [path for path in downloads.rglob("*") if path.is_file()]

    return check


def test_a_mirror_is_read_plain_compressed_and_in_pieces(run, mirror):
    packed = gzip.compress(CONTENT)
    forms = [
        {"numbers.txt": CONTENT},
        {"numbers.txt.gz": packed},
        {"numbers.txt.part0": CONTENT[:3], "numbers.txt.part1": CONTENT[3:]},
        {"numbers.txt.gz.part0": packed[:9], "numbers.txt.gz.part1": packed[9:]},
    ]
    for form in forms:
        for name, content in form.items():
            (mirror / name).write_bytes(content)
        np.testing.assert_array_equal(run()["numbers"], [1, 2, 3, 4])
        assert {path.name: path.read_bytes() for path in mirror.iterdir()} == form  # never written to
        for name in form:
            (mirror / name).unlink()


def test_a_packed_form_is_taken_before_the_files(run, mirror):
    (mirror / "numbers.all").write_bytes(CONTENT)
    (mirror / "a.txt").write_bytes(b"7")
    item = replace(ITEM, files=("a.txt", "b.txt"), packed="tiny/numbers.all")
    np.testing.assert_array_equal(run(item=item)["numbers"], [1, 2, 3, 4])


def test_an_item_of_several_files_needs_them_all(run, mirror, nothing_left):
    content = {"a.txt": b"7", "b.txt": b"8"}
    item = replace(ITEM, files=("x/a.txt", "x/b.txt"), sha256=datasets.content_sha256(decode("", content)))
    (mirror / "a.txt").write_bytes(content["a.txt"])
    with pytest.raises(SystemExit, match=r"looked for .*tiny/a.txt and 1 more"):
        run(item=item)
    nothing_left()
    (mirror / "b.txt").write_bytes(content["b.txt"])
    assert {key: value.tolist() for key, value in run(item=item).items()} == {"a": [7], "b": [8]}


def test_a_mirror_without_the_file_names_the_places(run, mirror, nothing_left):
    with pytest.raises(SystemExit, match=r"VHP_DATA has no numbers.txt: looked for .*tiny/numbers.txt, also .*; unset"):
        run()
    nothing_left()


@pytest.mark.parametrize("content", [OTHER, b"1 2 3", b""])
def test_a_mirror_with_other_content_is_refused(run, mirror, nothing_left, content):
    (mirror / "numbers.txt").write_bytes(content)
    message = rf"tiny/numbers.txt: wrong content: expected SHA-256 {SHA256}, found [0-9a-f]{{64}}; replace"
    with pytest.raises(SystemExit, match=message):
        run()
    nothing_left()


def test_an_item_may_have_the_checksum_of_its_file_instead(run, mirror, nothing_left):
    (mirror / "numbers.txt").write_bytes(CONTENT)
    item = replace(ITEM, sha256=None, md5=hashlib.md5(CONTENT).hexdigest())
    np.testing.assert_array_equal(run(item=item)["numbers"], [1, 2, 3, 4])
    for content in (CONTENT + b" ", BODIES["deadly"]):  # which is not decoded
        (mirror / "numbers.txt").write_bytes(content)
        with pytest.raises(SystemExit, match=f"wrong content: expected MD5 {item.md5}, found"):
            run(item=item)


@pytest.mark.parametrize("name", ["numbers.txt", "numbers.txt.gz", "numbers.txt.part0"])
def test_a_mirror_with_too_large_a_file_is_refused(run, mirror, nothing_left, name):
    (mirror / name).write_bytes(BODIES["bomb" if name.endswith("gz") else "endless"])
    with pytest.raises(SystemExit, match=r"tiny/numbers\.txt: .*found more than 1,048,576 bytes\b.*; replace the file"):
        run()
    nothing_left()


def test_decoding_without_end_is_ended(run, mirror, monkeypatch, nothing_left):
    (mirror / "numbers.txt").write_bytes(b"wait")
    monkeypatch.setattr(quarantine, "MAX_SECONDS", 0.2)
    with pytest.raises(SystemExit, match=r"numbers\.txt: decoding took more than 0 s; replace the file"):
        run()
    nothing_left()


@pytest.mark.parametrize("kind", ["good", "packed", "moved"])
def test_a_good_answer_is_taken(run, server, kind):
    np.testing.assert_array_equal(run([server.url(kind)])["numbers"], [1, 2, 3, 4])


REASONS = {
    "missing": "404 Client Error",
    "corrupted": f"wrong content: expected SHA-256 {SHA256}, found",
    "page": "numbers.txt: found b'<html>Not here</html', expected numbers",
    "truncated": "IncompleteRead(3 bytes read, 5 more expected)",
    "slow": "Read timed out",
    "bomb": "numbers.txt: found more than 1,048,576 bytes in the gzip stream, expected fewer",
    "endless": "the answer is larger than the registry says; its end was not read",
    "deadly": "numbers.txt: decoding ended with the signal SIGSEGV",
    "broken": "numbers.txt: cannot be decoded (ZeroDivisionError: division by zero)",
    "greedy": "numbers.txt: decoding took more than 2048 MiB of memory",
}


@pytest.mark.parametrize("kind", REASONS)
def test_a_bad_answer_is_refused_with_its_address_and_reason(run, server, nothing_left, kind):
    with pytest.raises(SystemExit) as stopped:
        run([server.url(kind)])
    message = str(stopped.value)
    assert "numbers.txt could not be downloaded:" in message
    assert f"{server.address}/{kind}/numbers.txt: " in message and REASONS[kind] in message
    assert "put the file into a directory <dir> as tiny/numbers.txt and set VHP_DATA=<dir>" in message
    nothing_left()


@pytest.mark.parametrize("kind", REASONS)
def test_the_next_address_is_tried(run, server, kind):
    np.testing.assert_array_equal(run([server.url(kind), server.url("good")])["numbers"], [1, 2, 3, 4])


def test_every_failing_address_is_named(run, server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/{{file}}"
    with pytest.raises(SystemExit) as stopped:
        run([nobody, server.url("missing"), server.url("corrupted")])
    reasons = ("Connection refused", "404 Client Error", "wrong content")
    lines = str(stopped.value).splitlines()[1:4]
    assert all(reason in line for reason, line in zip(reasons, lines, strict=True))


def test_an_address_is_tried_again(run, server, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 1)
    np.testing.assert_array_equal(run([server.url("flaky")])["numbers"], [1, 2, 3, 4])
    assert server.asked == ["/flaky/numbers.txt"] * 2


def test_a_download_is_not_repeated(run, server):
    for _ in range(2):
        np.testing.assert_array_equal(run([server.url("good")])["numbers"], [1, 2, 3, 4])
    assert server.asked == ["/good/numbers.txt"]


def test_files_of_different_addresses_are_not_mixed(run, server):
    item = replace(ITEM, files=("numbers.txt", "more.txt"))
    item = replace(item, sha256=datasets.content_sha256(decode("", {"numbers.txt": CONTENT, "more.txt": CONTENT})))
    # The first address has a wrong first file, and no second one.
    served = [server.url("corrupted"), server.url("good")]
    urls = [served[0].replace("{file}", "half/{file}"), served[1]]
    arrays = run(urls, item)
    assert arrays["numbers"].tolist() == arrays["more"].tolist() == [1, 2, 3, 4]
    assert "/good/numbers.txt" in server.asked


def test_a_part_of_an_earlier_download_is_begun_anew(run, server, tmp_path):
    item = replace(ITEM, files=("numbers.txt", "more.txt"))
    item = replace(item, sha256=datasets.content_sha256(decode("", {"numbers.txt": CONTENT, "more.txt": CONTENT})))
    folder = tmp_path / "data" / "downloads" / "tiny"
    folder.mkdir(parents=True)
    (folder / "numbers.txt").write_bytes(OTHER)
    assert run([server.url("good")], item)["numbers"].tolist() == [1, 2, 3, 4]


def test_a_mirror_that_is_no_directory_is_named(run, tmp_path, monkeypatch, nothing_left):
    monkeypatch.setenv("VHP_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match=r"VHP_DATA=.*nowhere is no directory; name one"):
        run()
    nothing_left()


@pytest.mark.parametrize("content", [OTHER, CONTENT[:5], b""])
def test_a_spoilt_earlier_download_is_replaced(run, server, tmp_path, content):
    folder = tmp_path / "data" / "downloads" / "tiny"
    folder.mkdir(parents=True)
    (folder / "numbers.txt").write_bytes(content)
    np.testing.assert_array_equal(run([server.url("good")])["numbers"], [1, 2, 3, 4])
    assert (folder / "numbers.txt").read_bytes() == CONTENT


def test_the_registry_is_complete():
    for name in datasets.names():
        source = load_source(name)
        assert all((source.title, source.about, source.split, source.values, source.licence, source.citation))
        for item in source.items:
            assert (item.sha256 is None) != (item.md5 is None)
            assert len(item.sha256 or item.md5) in (64, 32)
            # Every file has an address and a place in the mirror, and no two files share one.
            assert bool(item.files) == bool(item.urls) == bool(item.mirror)
            for place in item.urls if len(item.files) > 1 else ():
                filled = [place.format(file=file, name=file) for file in item.files]
                assert len(set(filled)) == len(filled)
        for a, b in itertools.combinations(source.items, 2):
            assert not set(a.files) & set(b.files)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("", r"found no entry \[tiny\]"),
        ("[tiny]\ntitle = 'x'\n", "found no items"),
        ("[tiny]\nitems.a = 'x'\n", "missing .* 'title'"),
        ("[tiny]\nitems.a = { sha256 = 'x', md5 = 'y' }\n", "item 'a': found sha256, md5, expected one of"),
        ("[tiny]\nitems.a = { sha = 'x' }\n", "item 'a': unknown key sha"),
        ("[tiny]\nitems_of = 'x'\n", "items_of: found 'x', expected an entry with items"),
        ("[tiny]\nmax_mib = 'x'\nitems.a = 'x'\n", "max_mib: found 'x', expected a positive number"),
        ("[tiny]\nitems.a = { sha256 = 'x', max_mib = 0 }\n", "max_mib: found 0, expected a positive number"),
        ("[tiny]\nlicense = 'x'\nitems.a = 'x'\n", "unexpected keyword argument 'license'"),
    ],
)
def test_a_malformed_registry_is_refused(tmp_path, entry, message):
    (tmp_path / "registry.toml").write_text(entry)
    with pytest.raises(ValueError, match=rf"registry.toml: .*{message}"):
        load_source("tiny", tmp_path / "registry.toml")
