"""The stages of a run: what each depends on in the run's configuration, and what it makes. dvc.yaml says the same."""

from typing import NamedTuple


class RunStage(NamedTuple):
    """What a stage of a run depends on, and what it makes."""

    sections: tuple[str, ...]  # of runs/configs/<run>.json, beside the fingerprint of its code
    outputs: tuple[str, ...]  # in the run's folder


RUN_STAGES = {
    "train": RunStage(
        ("run", "model", "method", "training"),
        ("model.safetensors", "snapshots.npz", "training.json", "training_time.json", "history.csv"),
    ),
    "evaluate": RunStage(
        ("run", "model", "method", "evaluation"), ("likelihood.json", "likelihood.npz", "evaluation_time.json")
    ),
    "interpolate": RunStage(
        ("run", "model", "method", "interpolation"),
        (
            *("paths.npz", "latent_space.npz", "gallery.npz", "interpolation.json", "graph.graphml"),
            "interpolation_time.json",
        ),
    ),
    "smoothness": RunStage((), ("smoothness.json",)),
    "representation": RunStage((), ("representation.json",)),
}
