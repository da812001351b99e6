"""The order in which stages run, several at once."""

import _thread
import signal
import threading
import time

import pytest

from stages.parallel.display import Display
from stages.parallel.graph import affected, needed, only_missing, reading
from stages.parallel.local import schedule

GRAPH = {
    "configure": set(),
    "preprocess": set(),
    "train-a": {"configure", "preprocess"},
    "train-b": {"configure", "preprocess"},
    "evaluate-a": {"train-a"},
    "evaluate-b": {"train-b"},
    "report": {"evaluate-a", "evaluate-b"},
}


def run_all(todo, jobs, outcome=lambda stage: "run"):
    """Schedules todo; gives the stages that failed, the order of starts and ends, and how many ran at once at most."""
    events, lock, now, most = [], threading.Lock(), [0], [0]

    def run(stage):
        with lock:
            events.append(("start", stage))
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
            events.append(("end", stage))
        return outcome(stage)

    failed = schedule(GRAPH, todo, jobs, run, Display(len(todo)))
    return failed, events, most[0]


def test_no_stage_starts_before_what_it_depends_on():
    for jobs in (1, 2, 5):
        failed, events, most = run_all(set(GRAPH), jobs)
        assert failed == [] and most <= jobs
        assert sorted(stage for kind, stage in events if kind == "end") == sorted(GRAPH)
        for stage, needs in GRAPH.items():
            for need in needs:
                assert events.index(("end", need)) < events.index(("start", stage))


def test_independent_stages_run_at_once():
    assert run_all(set(GRAPH), jobs=2)[2] == 2


def test_what_a_stage_needs_is_all_that_it_depends_on_and_nothing_after_it():
    matrix = {"configure": set(), "train@a": {"configure"}, "train@b": {"configure"}, "report": {"train@a"}}
    assert needed(matrix, {"train"}) == {"configure", "train@a", "train@b"}
    assert needed(matrix, {"report"}) == {"configure", "train@a", "report"}
    with pytest.raises(ValueError, match=r"no stage trian, expected one of configure, report, train"):
        needed(matrix, {"trian"})


def test_single_stages_of_a_matrix_can_be_asked_for():
    matrix = {"configure": set(), "train@a-0": {"configure"}, "train@b-0": {"configure"}, "train@b-1": {"configure"}}
    assert needed(matrix, {"train@b-1"}) == {"configure", "train@b-1"}
    assert needed(matrix, {"*@b-*"}) == {"configure", "train@b-0", "train@b-1"}
    with pytest.raises(ValueError, match=r"no stage train@c-0, expected one of configure, train, or .* train@a-0"):
        needed(matrix, {"train@b-0", "train@c-0"})


def test_only_the_wanted_stages_run():
    _, events, _ = run_all({"evaluate-a", "report"}, jobs=2)
    assert [stage for kind, stage in events if kind == "start"] == ["evaluate-a", "report"]


def test_a_failure_stops_what_depends_on_it_and_nothing_else(capsys):
    failed, events, _ = run_all(set(GRAPH), jobs=2, outcome=lambda s: "failed" if s == "train-a" else "run")
    started = {stage for kind, stage in events if kind == "start"}
    assert failed == ["train-a"]
    assert started == set(GRAPH) - {"evaluate-a", "report"}
    assert "train-a" in capsys.readouterr().out


def test_each_stage_gets_one_numbered_line(capsys):
    run_all({"configure", "preprocess"}, jobs=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [["[1/2]", "configure", "run"], ["[2/2]", "preprocess", "run"]]


def test_affected_is_what_changed_and_all_that_hangs_on_it():
    assert affected(GRAPH, {"train-a"}) == {"train-a", "evaluate-a", "report"}
    assert affected(GRAPH, set()) == set()
    assert affected(GRAPH, {"report", "gone"}) == {"report"}


def test_an_interruption_ends_what_is_running_before_it_is_waited_for():
    stopped = threading.Event()

    def run(stage):
        if stage == "train-b":
            time.sleep(0.05)
            _thread.interrupt_main()
        assert stopped.wait(timeout=10)
        return "stopped"

    # A program that a shell started in the background ignores SIGINT; this test needs it to be heard.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            schedule(GRAPH, {"train-a", "train-b"}, 2, run, Display(2), stopped.set)
    finally:
        signal.signal(signal.SIGINT, handler)


def test_the_inputs_of_a_stage_are_the_outputs_around_or_below_its_dependencies():
    outputs = {"runs/configs", "runs/a/model", "data/a.npz"}
    dependencies = {
        "train": {"runs/configs/a.json", "data/a.npz", "stages/train.py"},
        "evaluate": {"runs/a/model", "stages/evaluate.py"},
        "report": {"runs", "stages"},
    }
    assert reading(dependencies, outputs) == {
        "train": ["data/a.npz", "runs/configs"],
        "evaluate": ["runs/a/model"],
        "report": ["runs/a/model", "runs/configs"],
    }


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ([{"changed outs": {"a": "deleted", "b": "not in cache"}}, {"changed deps": {"c": "deleted"}}], True),
        ([{"changed outs": {"a": "deleted"}}, {"changed deps": {"c": "modified"}}], False),
        ([{"changed deps": {"runs/configs/x.json": {"training.epochs": "modified"}}}], False),
        (["changed command"], False),
    ],
)
def test_what_is_only_missing_is_not_changed(changes, missing):
    assert only_missing(changes) is missing
