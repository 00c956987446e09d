# shellcheck shell=bash
# A private installation of the system's PostgreSQL, so that a build under test never gets into a server that works for
# somebody. PostgreSQL finds its files relative to its own executables; a copy of these and links to the rest suffice. Sourced.

# private_postgres: prepares it and sets PG_BINDIR, PG_CONFIG and PGRX_HOME.
private_postgres() {
    local system_config=/usr/lib/postgresql/$postgres_version/bin/pg_config tree
    [[ -x $system_config ]] || die "PostgreSQL $postgres_version is not installed: run scripts/install-requirements.sh"
    tree=$(server_directory)/postgres
    if [[ $(cat "$tree/version" 2>/dev/null) != "$("$system_config" --version)" ]]; then
        rm -rf "$tree"
        (umask 022 && copy_postgres "$system_config" "$tree")
    fi
    PG_BINDIR=$tree$("$system_config" --bindir)
    PG_CONFIG=$PG_BINDIR/pg_config
    PGRX_HOME=$(server_directory)/pgrx
    export PG_BINDIR PG_CONFIG PGRX_HOME
    write_pgrx_home "$PGRX_HOME" "$PG_CONFIG"
}

copy_postgres() {
    local system_config=$1 tree=$2 bin lib share include
    bin=$("$system_config" --bindir)
    lib=$("$system_config" --pkglibdir)
    share=$("$system_config" --sharedir)
    include=$("$system_config" --includedir-server)
    mkdir -p "$tree$bin" "$tree$lib" "$tree$share" "$tree${include%/*}"
    cp -as "$bin/." "$tree$bin"
    cp -as "$lib/." "$tree$lib"
    cp -as "$share/." "$tree$share"
    ln -s "$include" "$tree$include"
    # These look for their files around their own, resolved, path.
    (cd "$bin" && cp --remove-destination postgres initdb pg_ctl pg_config "$tree$bin")
    # A link to an installed Zapgres would be written through.
    rm -f "$tree$lib"/zapgres.so "$tree$share"/extension/zapgres*
    "$system_config" --version >"$tree/version"
}

# write_pgrx_home DIRECTORY PG_CONFIG: what cargo-pgrx reads. Left alone when right: pgrx is rebuilt when the file is newer.
write_pgrx_home() {
    local config major
    major=$("$2" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/')
    config=$(printf '[configs]\npg%s = "%s"\n' "$major" "$2")
    mkdir -p "$1"
    [[ $(cat "$1/config.toml" 2>/dev/null) == "$config" ]] || printf '%s\n' "$config" >"$1/config.toml"
}
