"""The tables of two runs, as results and as their baseline, in a repository of their own."""

import re
from pathlib import Path

from committed import ROOT, git

RESULTS = """dataset,method,seed,nll,nll_se,refined_nll,refined_nll_se,n_test,n_samples
digits,vhp_rewo,0,21.0,0.3,20.8,0.2,300,5000
digits,iwae_l1,0,22.0,0.4,,,300,5000
"""
SMOOTHNESS = """dataset,method,seed,joint,mean,std,n_paths
digits,vhp_rewo,0,all,0.5,0.2,16
digits,iwae_l1,0,all,,,0
"""
INTERPOLATION = """dataset,method,seed,n_nodes,k,n_frames,n_paths,unreachable
digits,vhp_rewo,0,2000,10,60,20,0.0
digits,iwae_l1,0,2000,10,60,20,0.25
"""
CLAIMS = """claim,measure,factor,dataset,method,against,verdict,claim_verdict
beta,log_beta,,pendulum,vhp_geco,,reproduced,partly
beta,log_beta,,omniglot,vhp_geco,,not reproduced,partly
"""
NOW, THEN = Path("reports/smoke"), Path("reports/baseline/smoke")


def lay() -> None:
    """In the working directory; without a dvc.lock."""
    git("init", "-q")
    params = (ROOT / "params.yaml").read_text()
    Path("params.yaml").write_text(re.sub("(?m)^budget:.*", "budget: smoke", params))
    for folder in (NOW, THEN):
        folder.mkdir(parents=True)
        (folder / "results.csv").write_text(RESULTS)
        (folder / "smoothness.csv").write_text(SMOOTHNESS)
        (folder / "interpolation.csv").write_text(INTERPOLATION)
        (folder / "claims.csv").write_text(CLAIMS)


def tamper(name: str, old: str, new: str) -> None:
    """In the results."""
    text = (NOW / name).read_text()
    assert old in text
    (NOW / name).write_text(text.replace(old, new))
