# Build stage: a C++ compiler is at hand for platforms without a wheel of the index; nothing of it reaches the final image.
FROM python:3.12-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml README.md LICENSE whenanime.py ./
COPY config config
COPY core core
COPY ingest ingest
COPY training training
COPY bot bot
RUN uv venv /opt/whenanime && uv pip install --python /opt/whenanime/bin/python --no-cache .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 whenanime && mkdir /data && chown whenanime:whenanime /data
COPY --from=build /opt/whenanime /opt/whenanime
ENV PATH=/opt/whenanime/bin:$PATH WHENANIME_DATA_DIR=/data PYTHONUNBUFFERED=1
USER whenanime
WORKDIR /home/whenanime
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["whenanime"]
CMD ["--help"]
