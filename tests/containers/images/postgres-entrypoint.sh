#!/bin/sh
# Makes the database at the first start by the same variables as the official image: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB.
set -eu
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:?POSTGRES_PASSWORD is not set}" > "$password"
    initdb --pgdata="$PGDATA" --username="$user" --pwfile="$password" --auth=scram-sha-256 --encoding=UTF8 \
        --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --no-instructions
    rm "$password"
    printf 'host all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
    printf 'CREATE DATABASE "%s";\n' "$database" | postgres --single -D "$PGDATA" postgres > /dev/null
fi
if [ "$1" = postgres ]; then
    shift
    set -- postgres -c 'listen_addresses=*' -c unix_socket_directories=/tmp "$@"
fi
exec "$@"
