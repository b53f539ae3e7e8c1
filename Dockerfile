# tlsaudit with the servers that its gate starts. Nothing in it runs as root.
#   docker build -t tlsaudit . && docker run --rm -v "$PWD:/work:ro" tlsaudit gate nginx.conf
FROM python:3.13-slim-bookworm AS build
COPY requirements.lock /src/
RUN python -m venv /opt/tlsaudit \
    && /opt/tlsaudit/bin/pip install --no-cache-dir --require-hashes -r /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY src /src/src
COPY checks /src/checks
RUN /opt/tlsaudit/bin/pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM python:3.13-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends apache2 git haproxy libnginx-mod-stream nginx-light \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin tlsaudit \
    && git config --system --add safe.directory /work
COPY --from=build /opt/tlsaudit /opt/tlsaudit
ENV PATH="/opt/tlsaudit/bin:$PATH" PYTHONUNBUFFERED=1
USER 10001
WORKDIR /work
ENTRYPOINT ["tlsaudit"]
