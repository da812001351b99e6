"""Certificates of a cluster: made for their owner alone, and refused early where Dask would try for minutes."""

import shlex
import ssl
import sys

import pytest

from stages.parallel import certificates


@pytest.fixture
def folder(tmp_path):
    certificates.make(tmp_path / "tls")
    return tmp_path / "tls"


def test_only_the_owner_can_read_what_is_made(folder):
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    certificates.check(folder)
    context = ssl.create_default_context(cafile=folder / certificates.CERTIFICATE)
    context.load_cert_chain(folder / certificates.CERTIFICATE, folder / certificates.KEY)


def test_certificates_in_use_are_not_replaced(folder):
    before = (folder / certificates.KEY).read_bytes()
    with pytest.raises(ValueError, match=r"found cert\.pem and key\.pem in .*tls; delete them"):
        certificates.make(folder)
    assert (folder / certificates.KEY).read_bytes() == before


def test_what_cannot_be_used_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match=r"found no cert\.pem and key\.pem in .*; `python -m stages\.parallel\.cert"):
        certificates.check(tmp_path / "nowhere")
    (folder / certificates.KEY).chmod(0o644)
    with pytest.raises(ValueError, match=r"key\.pem readable by others, expected by its owner alone: chmod 600"):
        certificates.check(folder)
    (folder / certificates.KEY).chmod(0o600)
    whole = (folder / certificates.KEY).read_bytes()
    for damaged in (b"", whole[:50], b"\xff" * 100):
        (folder / certificates.KEY).write_bytes(damaged)
        with pytest.raises(ValueError, match=r"cert\.pem and .*key\.pem cannot be used"):
            certificates.check(folder)
    certificates.make(tmp_path / "old", days=-1 / 48)
    with pytest.raises(ValueError, match=r"cert\.pem expired on \d{4}-\d\d-\d\d; delete"):
        certificates.check(tmp_path / "old")


def test_the_command_says_how_they_are_used(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["certificates", str(tmp_path / "tls")])
    certificates.main()
    printed = capsys.readouterr().out
    assert "dask scheduler --tls-ca-file" in printed and f"--tls {tmp_path / 'tls'}" in printed
    with pytest.raises(SystemExit, match=r"certificates: found cert\.pem and key\.pem"):
        certificates.main()


@pytest.mark.parametrize("days", ["9999999", "inf", "nan"])
def test_an_end_that_is_no_date_is_refused(tmp_path, monkeypatch, days):
    monkeypatch.setattr(sys, "argv", ["certificates", str(tmp_path / "tls"), "--days", days])
    with pytest.raises(SystemExit, match=rf"^certificates: found {float(days)} days until they expire, expected"):
        certificates.main()
    assert not (tmp_path / "tls").exists()


def test_commands_are_printed_as_a_shell_takes_them(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "of a group"
    with pytest.raises(ValueError, match=rf"certificates '{folder}'` makes them"):
        certificates.check(folder)
    monkeypatch.setattr(sys, "argv", ["certificates", str(folder)])
    certificates.main()
    *_, scheduler, worker, table = (shlex.split(line) for line in capsys.readouterr().out.splitlines())
    names = [str(folder / name) for name in (certificates.CERTIFICATE, certificates.CERTIFICATE, certificates.KEY)]
    assert scheduler[3::2] == names and worker[4::2] == names
    assert table[:2] == ["make", "table"] and shlex.split(table[2])[-1] == str(folder)
    (folder / certificates.KEY).chmod(0o644)
    with pytest.raises(ValueError, match=rf"chmod 600 '{folder / certificates.KEY}'"):
        certificates.check(folder)
