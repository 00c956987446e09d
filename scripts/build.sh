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
            # A library that a running server has mapped must not be written into.
            rm -f "$("$PG_CONFIG" --pkglibdir)/zapgres.so" &&
            cargo pgrx install --package zapgres --pg-config "$PG_CONFIG" "${options[@]}"
    ) || return
    export ZAPGRES_BIN=$target/$directory/zapgres
}
