"""The benchmark of speed, run by `make bench`. It takes minutes and is no test; tests/test_bench.py tests its parts."""
