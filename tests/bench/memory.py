"""A process of its own, for its peak memory: evaluates a few images and prints MiB.

python -m bench.memory METHOD [--compile]
"""

import sys
from pathlib import Path

from bench import evaluation, setting
from vhp.likelihood import estimate as likelihood
from vhp.likelihood.estimate import estimate

_, train, test = setting.images()
method = setting.build(sys.argv[1], train)
likelihood.COMPILE_FROM_OUTPUTS = 0
estimate(method.model, test[:4], evaluation.settings(compile="--compile" in sys.argv), 0)
# Not from getrusage(), whose ru_maxrss starts with the peak of the process that started this one.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
