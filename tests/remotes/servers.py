"""Servers of this machine that hold a DVC remote for as long as a test takes: OpenSSH's, and one that speaks S3."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
ADDRESS = "127.0.0.1"
PATIENCE = 10.0  # seconds, for a server to answer
SSHD = """
ListenAddress {address}
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""
Remote = tuple[str, dict[str, str]]  # its address, and the settings of `dvc remote modify --local`


@contextmanager
def ssh(folder: Path) -> Iterator[Remote]:
    """An sshd for this user alone, with keys of its own. Skips the test where openssh-server is not installed."""
    pytest.importorskip("dvc_ssh", reason="dvc-ssh is not installed: pip install .[remotes]")
    sshd, keygen = (shutil.which(name, path=PLACES) for name in ("sshd", "ssh-keygen"))
    if not sshd or not keygen:
        pytest.skip("found no sshd, which Debian's package openssh-server has")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it of root
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    (folder / "sshd_config").write_text(SSHD.format(address=ADDRESS, port=port, folder=folder))
    server = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.PIPE)
    try:
        wait_for(port, server)
        settings = {"port": str(port), "user": getpass.getuser(), "keyfile": str(folder / "user")}
        yield f"ssh://{ADDRESS}{folder}/store", settings | {"allow_agent": "false"}
    finally:
        server.terminate()
        server.communicate()


@contextmanager
def s3(folder: Path) -> Iterator[Remote]:
    """moto's server in this process, with an empty bucket. Skips the test where it or dvc-s3 is not installed."""
    for module in ("dvc_s3", "boto3", "flask_cors"):
        pytest.importorskip(module, reason=f"{module} is not installed: pip install .[remotes]")
    moto_server = pytest.importorskip("moto.server", reason="moto is not installed: pip install .[remotes]")
    import boto3

    keys = {"access_key_id": "testing", "secret_access_key": "testing"}
    server = moto_server.ThreadedMotoServer(ip_address=ADDRESS, port=0)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", **{f"aws_{k}": v for k, v in keys.items()}
        )
        client.create_bucket(Bucket="table")
        yield "s3://table/vhp", keys | {"endpointurl": url, "region": "us-east-1"}
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind((ADDRESS, 0))
        return found.getsockname()[1]


def wait_for(port: int, server: subprocess.Popen) -> None:
    """The test fails unless the server listens."""
    for _ in range(int(PATIENCE / 0.05)):
        assert server.poll() is None, f"sshd ended: {server.stderr.read().decode()}"
        try:
            socket.create_connection((ADDRESS, port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError(f"sshd did not listen within {PATIENCE} s")
