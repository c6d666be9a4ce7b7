# The API and console with everything locked; runs as an unprivileged user.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/graphcredit \
 && /opt/graphcredit/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY graphcredit graphcredit
COPY ingest ingest
COPY api api
COPY cypher cypher
RUN /opt/graphcredit/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 graphcredit \
 && mkdir -p /data && chown graphcredit /data
COPY --from=build /opt/graphcredit /opt/graphcredit
ENV PATH=/opt/graphcredit/bin:$PATH PYTHONUTF8=1 NUMBA_CACHE_DIR=/tmp/numba \
    GRAPHCREDIT_STORE=duckdb:////data/graphcredit.duckdb GRAPHCREDIT_MODELS_DIR=/data/models \
    GRAPHCREDIT_HOST=0.0.0.0 GRAPHCREDIT_AUTH=required GRAPHCREDIT_LOG_FORMAT=json GRAPHCREDIT_LOG_LEVEL=INFO
USER graphcredit
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/v1/health', timeout=2)"
CMD ["graphcredit", "serve"]
