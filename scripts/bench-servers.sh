# shellcheck shell=bash
# Private clusters for benchmarks: two with the same settings, one of which preloads Zapgres; or a single one. Needs cluster.sh and what that needs. Sourced.

bench_directory='' bench_sockets=''
# A checkpoint in the middle of one variant's run, and not of another's, would be measured instead of it.
bench_wal=max_wal_size=4GB

# bench_servers: starts two, and sets preloaded_socket and plain_socket to the directories of their sockets.
bench_servers() {
    bench_directories
    preloaded_socket=$bench_sockets/preloaded
    plain_socket=$bench_sockets/plain
    mkdir "$preloaded_socket" "$plain_socket"
    [[ $(id -u) != 0 ]] || chown "$server_user" "$preloaded_socket" "$plain_socket"
    cluster_create "$bench_directory/preloaded"
    cluster_create "$bench_directory/plain"
    cluster_start "$bench_directory/preloaded" "$preloaded_socket" "$bench_wal" \
        shared_preload_libraries=zapgres zap.databases=bench
    cluster_start "$bench_directory/plain" "$plain_socket" "$bench_wal"
}

# bench_server SETTING=VALUE…: starts one with these settings, too; its socket is in bench_sockets.
bench_server() {
    bench_directories
    cluster_create "$bench_directory/single"
    cluster_start "$bench_directory/single" "$bench_sockets" "$bench_wal" "$@"
}

bench_directories() {
    local directory
    trap bench_clean_up EXIT
    trap 'exit 130' INT TERM HUP
    directory=$(server_directory)/bench
    mkdir -p "$directory"
    bench_directory=$(mktemp -d "$directory/XXXXXX")
    bench_sockets=$(scratch_directory bench)
    [[ $(id -u) != 0 ]] || chown "$server_user" "$bench_directory"
}

bench_clean_up() {
    trap '' INT TERM HUP
    local cluster
    for cluster in preloaded plain single; do
        [[ ! -d $bench_directory/$cluster ]] || cluster_stop "$bench_directory/$cluster"
    done
    rm -rf "$bench_directory" "$bench_sockets"
}
