# shellcheck shell=bash disable=SC2034 # for whoever sources it
# Where `make install` puts things, known without building: below DESTDIR, by PREFIX and PG_CONFIG. Sourced.

# installed_paths: sets library, extension_directory, binary, unit and example.
installed_paths() {
    local system_config=/usr/lib/postgresql/$postgres_version/bin/pg_config
    if [[ -z ${PG_CONFIG:-} ]]; then
        PG_CONFIG=pg_config
        [[ ! -x $system_config ]] || PG_CONFIG=$system_config
    fi
    PG_CONFIG=$(command -v "$PG_CONFIG") || die "PG_CONFIG: no such program: set PG_CONFIG=/path/to/pg_config"
    DESTDIR=${DESTDIR:-}
    PREFIX=${PREFIX:-/usr/local}
    library=$DESTDIR$("$PG_CONFIG" --pkglibdir)/zapgres.so
    extension_directory=$DESTDIR$("$PG_CONFIG" --sharedir)/extension
    binary=$DESTDIR$PREFIX/bin/zapgres
    unit=$DESTDIR$PREFIX/lib/systemd/system/zapgres.service
    example=$DESTDIR$PREFIX/share/zapgres/zapgres.toml
}
