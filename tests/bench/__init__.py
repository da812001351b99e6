"""The benchmark of speed, run by `make bench`. It takes minutes; tests/stages/test_bench.py tests its parts."""
