"""Who may take part in a Dask cluster: whoever has the files that `python -m stages.parallel.certificates DIR` makes.

Dask runs what it is sent: who reaches a scheduler's or a worker's port runs code as its user. With TLS both ends of
each connection must show a certificate of the same authority, and what goes between them is encrypted.
"""

import argparse
import datetime
import os
import shlex
import ssl
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stages.command import command
from stages.files import replacing

CERTIFICATE, KEY = "cert.pem", "key.pem"
DAYS = 365
NAME = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "vhp cluster")])


def make(folder: Path, days: float = DAYS) -> None:
    """A key that its owner alone can read, and a certificate of it, which is its own authority.

    Raises ValueError if the folder has some already: what runs with them would be shut out. Also for days without a
    date.
    """
    if found := [name for name in (CERTIFICATE, KEY) if (folder / name).exists()]:
        raise ValueError(f"found {' and '.join(found)} in {folder}; delete them, or use them until they expire")
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    try:
        end = now + datetime.timedelta(days=days)
    except (OverflowError, ValueError) as error:  # ValueError: not a number
        raise ValueError(f"found {days} days until they expire, expected an end before the year 10000") from error
    certificate = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks of machines differ
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    _write(folder / KEY, key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    _write(folder / CERTIFICATE, certificate.public_bytes(pem))


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary, open(temporary, "xb", opener=partial(os.open, mode=0o600)) as file:
        file.write(content)


def check(folder: Path) -> None:
    """Raises ValueError if the files are missing, damaged, too open or expired, for Dask would try for minutes."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    if missing := [path.name for path in (certificate, key) if not path.is_file()]:
        how = f"`python -m stages.parallel.certificates {shlex.quote(str(folder))}` makes them"
        raise ValueError(f"found no {' and '.join(missing)} in {folder}; {how}")
    if key.stat().st_mode & 0o077:
        remedy = f"chmod 600 {shlex.quote(str(key))}"
        raise ValueError(f"found {key} readable by others, expected by its owner alone: {remedy}")
    try:
        ssl.create_default_context().load_cert_chain(certificate, key)
        ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"{certificate} and {key} cannot be used ({error}); make new ones") from error
    if ends < datetime.datetime.now(datetime.UTC):
        raise ValueError(f"found {certificate} expired on {ends:%Y-%m-%d}; delete both files and make new ones")


def options(folder: Path) -> str:
    """Of `dask scheduler` and `dask worker`, for a shell."""
    certificate, key = (shlex.quote(str(folder / name)) for name in (CERTIFICATE, KEY))
    return f"--tls-ca-file {certificate} --tls-cert {certificate} --tls-key {key}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=float, default=DAYS, help="until they expire (default: %(default)s)")
    arguments = parser.parse_args()
    with command("certificates"):
        make(arguments.folder, arguments.days)
        folder = arguments.folder.resolve()
        print("Copy the folder to each machine of the cluster, and to nobody else. There:\n")
        print(f"  dask scheduler {options(folder)}")
        print(f"  dask worker tls://<scheduler>:8786 {options(folder)}")
        cluster = f"--scheduler tls://<scheduler>:8786 --tls {shlex.quote(str(folder))}"
        print(f"  make table CLUSTER={shlex.quote(cluster)}")


if __name__ == "__main__":
    main()
