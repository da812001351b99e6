"""The progress lines of a dvc run."""

from stages import progress

OUTPUT = """Stage 'configure' didn't change, skipping
Running stage 'train@digits-iwae_l1-0':
> python -m stages.train digits-iwae_l1-0
Stage 'evaluate@digits-iwae_l1-0' is cached - skipping run, checking out outputs
Running stage 'report':
> python -m stages.report
"""


def test_each_stage_that_ran_gets_one_numbered_line(monkeypatch, capsys):
    monkeypatch.setattr(progress, "count_stages", lambda: 4)
    lines = progress.Lines()
    for line in OUTPUT.splitlines(keepends=True):
        lines.feed(line)
    lines.finish("  failed")
    printed = capsys.readouterr().out.splitlines()
    assert [line[:30] for line in printed] == ["[2/4] train@digits-iwae_l1-0  ", "[4/4] report                  "]
    assert printed[1].endswith("s  failed")
    assert (lines.done, lines.unchanged) == (4, 2)
