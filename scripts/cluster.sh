# shellcheck shell=bash
# A private database cluster that starts with pg_test.conf. Needs PG_BINDIR. Sourced.

# cluster_create DIRECTORY: as the server's user; the directory must not exist, its parent must be writable to that user.
cluster_create() {
    as_server_user env LC_ALL=C.UTF-8 "$PG_BINDIR/initdb" --pgdata "$1" --username postgres --auth trust \
        --encoding UTF8 --no-sync >/dev/null || die "initdb failed for $1"
    as_server_user tee -a "$1/postgresql.conf" <"$root/pg_test.conf" >/dev/null
}

# cluster_start DIRECTORY SOCKET_DIRECTORY [SETTING=VALUE…]: without TCP unless listen_addresses is given.
cluster_start() {
    local directory=$1 server_options="-c unix_socket_directories=$2 -c listen_addresses=" setting
    for setting in "${@:3}"; do
        server_options+=" -c $setting"
    done
    as_server_user env RUST_BACKTRACE=0 "$PG_BINDIR/pg_ctl" start --wait --silent --pgdata "$directory" \
        --log "$directory.log" --options "$server_options" >&2 || {
        as_server_user tail -n 20 "$directory.log" >&2
        die "PostgreSQL did not start in $directory"
    }
}

# cluster_stop DIRECTORY
cluster_stop() {
    as_server_user "$PG_BINDIR/pg_ctl" stop --silent --wait --mode fast --pgdata "$1" >/dev/null 2>&1 ||
        as_server_user "$PG_BINDIR/pg_ctl" stop --silent --wait --mode immediate --pgdata "$1" >/dev/null 2>&1 || true
}
