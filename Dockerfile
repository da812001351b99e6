# `docker build -t vhp . && docker run --rm vhp` runs `make demo`: five methods on two data sets, 11 minutes on 2 cores.
# Another target: `docker run --rm vhp make test`. To keep what the demo made:
# `docker run --name vhp vhp && docker cp vhp:/vhp/demo/reports . && docker rm vhp`
FROM python:3.11-slim-bookworm

# git and make for the pipeline; a C++ compiler for torch.compile.
RUN apt-get update && apt-get install --yes --no-install-recommends git make g++ && rm -rf /var/lib/apt/lists/*

ENV PIP_NO_CACHE_DIR=1
WORKDIR /vhp
# The environment first: it stays in the image's cache while the code changes.
COPY requirements.lock Makefile ./
# An index of CPU builds of PyTorch saves some gigabytes: --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL
RUN make install
# With .git: the demo works in a clone.
COPY . .
RUN touch .venv/installed

CMD ["make", "demo"]
