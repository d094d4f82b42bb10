# One image, one entry point, three commands: `web`, `desk` and `hands`.
#
#   docker build -t devops-agent .                                          (Docker older than 23: DOCKER_BUILDKIT=1)
#   docker build -t devops-agent --secret id=extra_ca,src=company-ca.pem .  behind a proxy with certificates of its own
#   docker run --env-file .env devops-agent web
#
# It runs as user 10001, who may read nothing of yours. `hands` also needs the engine's socket, so give that one
# container the socket and its group: -v /var/run/docker.sock:/var/run/docker.sock --group-add "$(stat -c %g /var/run/docker.sock)".

FROM python:3.11-slim-bookworm AS build

ENV UV_PROJECT_ENVIRONMENT=/opt/devops-agent \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_NO_PROGRESS=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY images/with-extra-ca /usr/local/bin/
COPY images/uv.txt images/build.txt images/
RUN --mount=type=secret,id=extra_ca \
    python3 -m venv /opt/uv \
    && with-extra-ca /opt/uv/bin/pip install --quiet --only-binary :all: --require-hashes -r images/uv.txt

# Every package is compared with its hash in uv.lock. Dependencies first: they change less often than we do.
COPY pyproject.toml uv.lock ./
RUN --mount=type=secret,id=extra_ca \
    with-extra-ca /opt/uv/bin/uv sync --quiet --locked --no-dev --no-install-project

# A `.pth` file runs code whenever Python starts; a poisoned release brought one (ADR 0020). None of ours needs any.
RUN test -z "$(find /opt/devops-agent -name '*.pth')"

# The first process of every box, a static program.
RUN command -v cc >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*; }
COPY scripts scripts
COPY runners/supervisor runners/supervisor
RUN scripts/supervisor

COPY README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY runners runners
COPY playground playground
RUN --mount=type=secret,id=extra_ca \
    with-extra-ca /opt/uv/bin/uv build --quiet --wheel --build-constraints images/build.txt --require-hashes \
    && /opt/uv/bin/uv pip install --quiet --python /opt/devops-agent --no-deps --no-index dist/*.whl


FROM python:3.11-slim-bookworm

# The checkouts of `hands` are made by git; the official base image has none.
RUN command -v git >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*; }
RUN echo 'agent:x:10001:' >>/etc/group \
    && echo 'agent:x:10001:10001::/var/lib/devops-agent:/usr/sbin/nologin' >>/etc/passwd \
    && install -d -o 10001 -g 10001 -m 700 /var/lib/devops-agent

COPY --from=build /opt/devops-agent /opt/devops-agent

ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="devops-agent" \
      org.opencontainers.image.description="Plans on pull requests, run in locked-down containers." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.base.name="python:3.11-slim-bookworm"

ENV PATH=/opt/devops-agent/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/var/lib/devops-agent \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    DEVOPS_AGENT_HOST=0.0.0.0 \
    DEVOPS_AGENT_PORT=8080 \
    DEVOPS_AGENT_STATE_DIR=/var/lib/devops-agent
USER 10001:10001
WORKDIR /var/lib/devops-agent
VOLUME /var/lib/devops-agent
EXPOSE 8080

# Right for `web`. The compose file asks `desk` and `hands` another question, because they listen nowhere.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['DEVOPS_AGENT_PORT']}/healthz\", timeout=4)"]

ENTRYPOINT ["devops-agent"]
CMD ["web"]
