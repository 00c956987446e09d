# shellcheck shell=bash
# The build that demo, tests and benchmarks run. Needs private-postgres.sh. Sourced.

# build dev|release: builds the daemon, sets ZAPGRES_BIN to it, and installs the extension into the private PostgreSQL.
build() {
    local options=() directory=debug
    if [[ $1 == release ]]; then
        options=(--release)
        directory=release
    fi
    (
        cd "$root"
        cargo build --package zapgres-drainer "${options[@]}" &&
            cargo pgrx install --package zapgres --pg-config "$PG_CONFIG" "${options[@]}"
    ) || return
    export ZAPGRES_BIN=$target/$directory/zapgres
}
