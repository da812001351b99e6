"""A process of its own, for its peak memory: evaluates a few images and prints MiB.

python -m bench.memory METHOD [--compile]
"""

import sys

from bench import evaluation, setting
from bench.timing import peak_mib
from vhp.likelihood import estimate as likelihood
from vhp.likelihood.estimate import estimate

_, train, test = setting.images()
method = setting.build(sys.argv[1], train)
likelihood.COMPILE_FROM_OUTPUTS = 0
estimate(method.model, test[:4], evaluation.settings(compile="--compile" in sys.argv), 0)
print(peak_mib())
