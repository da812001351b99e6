"""`make speedup`: the smoke pipeline with one stage at a time and with two, each in a clone with a cache of its own.

All data sets where VHP_DATA is set, else the embedded ones. Prints both times and their ratio, and fails if an output
differs. It says something on an idle machine with two cores only.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from same_outputs import contents, differences

ROOT = Path(__file__).parents[1]


def clone(folder: Path) -> None:
    """At the smoke budget; without data, on the embedded data sets alone."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    params = (folder / "params.yaml").read_text()
    params = re.sub("(?m)^budget:.*", "budget: smoke", params)
    if not os.environ.get("VHP_DATA"):
        params = re.sub("(?m)^datasets:.*", "datasets: [pendulum, digits]", params)
    (folder / "params.yaml").write_text(params)


def seconds(folder: Path, jobs: int) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "stages.parallel.repro", "--jobs", str(jobs)], cwd=folder, check=True)
    return time.monotonic() - started


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vhp-speedup-") as name:
        one, two = Path(name, "one"), Path(name, "two")
        times = []
        for folder, jobs in ((one, 1), (two, 2)):
            clone(folder)
            times.append(seconds(folder, jobs))
        different = differences(one, two)
        print(f"JOBS=1: {times[0]:.0f} s, JOBS=2: {times[1]:.0f} s, ratio {times[0] / times[1]:.2f}")
        print(f"{len(contents(one))} outputs compared, {len(different)} differ")
        if different:
            raise SystemExit("\n".join(different))


if __name__ == "__main__":
    main()
