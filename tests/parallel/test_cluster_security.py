"""Who may take part in a cluster: whoever has its certificates, and nobody else."""

import pytest
import sandbox
from dask_cluster import Cluster, clone, finish, share_cache

from stages.parallel import certificates

Client = pytest.importorskip("distributed").Client
pytestmark = pytest.mark.cluster


def test_with_certificates_the_pipeline_runs_and_without_nobody_gets_in(tmp_path):
    sandbox.write(tmp_path / "head", "echo model of $1 > runs/$1/model.txt", ("a",))
    share_cache(tmp_path / "head", tmp_path / "cache")
    tls, others = tmp_path / "tls", tmp_path / "others"
    for folder in (tls, others):
        certificates.make(folder)
    with Cluster(tmp_path, tls) as cluster:
        cluster.start_worker(clone(tmp_path / "head", "one"))
        printed = finish(cluster.repro(tmp_path / "head", "--tls", str(tls)))
        assert "runs code as you" not in printed
        assert (tmp_path / "head" / "report.txt").read_text() == "a\nmodel of a-m-0\n"

        (tmp_path / "head" / "params.yaml").write_text(
            (tmp_path / "head" / "params.yaml").read_text().replace("1.0e-05", "0.5").replace("1e-05", "0.5")
        )
        printed = finish(cluster.repro(tmp_path / "head"), code=1)
        assert f"found no certificates for {cluster.address}, expected --tls DIR" in printed

        from stages.parallel import queues

        for address, secure in (
            (cluster.address.replace("tls", "tcp"), None),
            (cluster.address, queues.security(others)),
        ):
            with pytest.raises(OSError, match="Timed out"):
                Client(address, timeout=3, security=secure)


def test_on_the_loopback_interface_nothing_is_said_and_elsewhere_it_is(monkeypatch):
    from argparse import Namespace

    from stages.parallel import queues

    def said(**arguments) -> bool:
        empty = {"scheduler": None, "batch": None, "remote": False, "tls": None}
        return queues.unprotected(Namespace(**empty | arguments)) is not None

    assert not said(scheduler="tcp://127.0.0.1:8786") and not said(scheduler="tcp://localhost:8786")
    assert said(scheduler="tcp://10.0.0.1:8786") and said(scheduler="tcp://node7:8786")
    assert not said(batch="slurm") and said(batch="slurm", remote=True)
