"""How many cores there are to share."""

import builtins
import io
import os

from stages.parallel.local import cores

QUOTA = "/sys/fs/cgroup/cpu.max"  # of a container, in microseconds of each period: `docker run --cpus 2`


def test_the_cores_of_a_container_are_those_that_it_gets_time_on(monkeypatch):
    exists, opened = os.path.exists, builtins.open
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(os.path, "exists", lambda path: path == QUOTA or exists(path))
    for quota, expected in (("200000 100000\n", 2), ("max 100000\n", 64)):
        fake = lambda path, *more, quota=quota, **named: (  # noqa: E731
            io.StringIO(quota) if path == QUOTA else opened(path, *more, **named)
        )
        monkeypatch.setattr(builtins, "open", fake)
        assert cores() == expected
