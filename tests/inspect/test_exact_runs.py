"""The table of evaluated runs beside the exact likelihoods of their models."""

import re
import sys
from pathlib import Path

import pytest
from untrained import REFINED, make_run

from stages.files import md5
from stages.inspect import exact
from stages.runs.places import run_folder


def run(monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["exact", *arguments])
    exact.main()


@pytest.mark.parametrize("method", ["vhp_rewo", "vampprior"])
def test_errors_are_those_of_each_image(workplace, monkeypatch, capsys, method):
    """The first estimate is two, the other minus one of its stated errors from the exact value, image by image."""
    run(monkeypatch, make_run(method))
    encoder, refined = (
        line.split(" | ") for line in capsys.readouterr().out.splitlines() if f"| digits-{method}" in line
    )
    assert encoder[1:3] == ["encoder", "4"] and refined[1:3] == ["refined", "4"]
    assert encoder[4:6] == ["+0.3200", "+1.000"] and refined[4:6] == ["-0.1600", "-0.500"]
    assert [re.sub(r"[ |]", "", cell) for cell in encoder[6:]] == ["2.00(1)"] * 4
    assert [re.sub(r"[ |]", "", cell) for cell in refined[6:]] == ["1.00(1)"] * 4


@pytest.mark.parametrize(
    ("made", "arguments", "said"),
    [
        ({"refined_monte_carlo_se": None}, [], "found no refined_monte_carlo_se"),
        (dict.fromkeys(REFINED), [], "found no refined estimate of digits-vhp_rewo-0, expected both"),
        ({"d_z": 3}, [], "found d_z = 3, d_zeta = 2, expected planes"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(workplace, monkeypatch, made, arguments, said):
    name = make_run("vhp_rewo", **made)
    with pytest.raises(SystemExit) as stopped:
        run(monkeypatch, name, *arguments)
    assert said in stopped.value.code and "\n" not in stopped.value.code


def test_likelihoods_of_another_model_are_not_compared(workplace, monkeypatch):
    name = make_run("vampprior")
    model = run_folder(name) / "model.safetensors"
    entry = f"  evaluate@{name}:\n    cmd: x\n    deps:\n    - path: {model}\n      md5: "
    Path("dvc.lock").write_text(f"stages:\n{entry}{md5(model)}\n")
    run(monkeypatch, name)
    Path("dvc.lock").write_text(f"stages:\n{entry}{'0' * 32}\n")
    with pytest.raises(SystemExit, match=f"{model}: .* of the model that was evaluated; `dvc repro evaluate@{name}`"):
        run(monkeypatch, name)


@pytest.mark.parametrize("arguments", [("--images", "0"), ("--tolerance", "0"), ("--tolerance", "nan")])
def test_arguments_are_checked(monkeypatch, capsys, arguments):
    with pytest.raises(SystemExit):
        run(monkeypatch, "digits-vhp_rewo-0", *arguments)
    assert (
        f"{arguments[0]} {float(arguments[1]) if 'tol' in arguments[0] else arguments[1]}: expected"
        in capsys.readouterr().err
    )
