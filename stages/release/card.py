"""A model card: what a trained model is, what it was made from, what it reaches, and how to load it."""

from typing import Any

from stages.reports.table import Table, markdown, number, with_error
from vhp.datasets.sources import Source
from vhp.names import method_name

PAPER = "Klushyn, Chen, Kurle, Cseke and van der Smagt (2019), Learning Hierarchical Priors in VAEs, arXiv:1905.04982"
LOAD = """Load it with the library of this project:

    import vhp
    model = vhp.load("{run}")    # this folder
    model.sample(16), model.encode(x), model.decode(z), model.nll(x), model.interpolate(a, b)
"""


def card(run: str, about: dict[str, Any], outputs: dict[str, dict[str, Any]], source: Source, sha256: str) -> str:
    """Markdown. about: of the model's file; outputs: likelihood, training and training_time of the run."""
    made, training, likelihood = about["run"], outputs["training"], outputs["likelihood"]
    rows = {
        "test NLL (nats)": f"{with_error(likelihood['nll'], likelihood['nll_se'])}, mean over {likelihood['n_test']:,} "
        f"test examples ± standard error, {likelihood['n_samples']:,} importance samples",
        "few effective samples": f"{likelihood['n_low_ess'] / likelihood['n_test']:.1%} of the examples have fewer "
        "than 10: their estimates are usually too pessimistic",
        "ELBO (nats)": number(likelihood["elbo"]),
        "data set": f"{source.title}: {source.about}",
        "splits": source.split,
        "values": source.values,
        "data from": f"{source.citation}; {source.home}",
        "licence of the data": source.licence,
        "data SHA-256": training["data_sha256"],
        "method": method_name(made["method"]),
        "settings": _listed(about["method"]),
        "training": _listed(about["training"]),
        "seed": str(made["seed"]),
        "weights": f"{training['n_parameters']:,} parameters, those of epoch {training['best_epoch']} of "
        f"{training['epochs']}, which had the best validation bound",
        "made by": f"revision {outputs['training_time']['revision'] or 'not known'}, code {about['code']}, "
        f"torch {outputs['training_time']['torch']}",
        "SHA-256 of model.safetensors": sha256,
    }
    title = f"{method_name(made['method'])} on {source.title}"
    notes = (
        "For research on priors of variational autoencoders. A density model of one data set: it says nothing about "
        "other images, and its likelihood does not tell whether an image is real.",
        f"Method and benchmark: {PAPER}.",
    )
    table = Table(title, ("what", "value"), tuple(rows.items()), notes=notes, n_text=2)
    return f"{markdown([table])}\n{LOAD.format(run=run)}"


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "none"
