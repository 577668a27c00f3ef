# The service, without its tests. Build: docker compose build
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock .
RUN python -m venv /opt/annuaire \
    && /opt/annuaire/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY . .
RUN /opt/annuaire/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /var/lib/annuaire annuaire
COPY --from=build /opt/annuaire /opt/annuaire
ENV PATH=/opt/annuaire/bin:$PATH \
    ANNUAIRE_DATA_DIR=/var/lib/annuaire \
    ANNUAIRE_HOST=0.0.0.0
USER annuaire
WORKDIR /var/lib/annuaire
VOLUME /var/lib/annuaire
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["annuaire", "serve"]
