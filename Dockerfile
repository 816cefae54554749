# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/linkhive
COPY requirements.lock ./
RUN /opt/linkhive/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY services services
COPY clients clients
COPY storage storage
COPY sandbox sandbox
RUN /opt/linkhive/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
ENV PATH=/opt/linkhive/bin:$PATH PYTHONUNBUFFERED=1 LISTEN=0.0.0.0:8080 DATABASE_URL=sqlite:////data/linkhive.db
# Chinese labels in pictures; `linkhive db backup` of a PostgreSQL database.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk postgresql-client \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin linkhive \
    && install --directory --owner=linkhive --group=linkhive --mode=0700 /data /backups
COPY --from=build /opt/linkhive /opt/linkhive
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["linkhive"]
CMD ["run"]
