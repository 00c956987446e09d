# shellcheck shell=bash
# What only root may do. Sourced.

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    else
        command -v sudo >/dev/null || die "root is needed, and there is no sudo, for: $*"
        sudo "$@"
    fi
}

# as_owner_of PATH COMMAND…: as root only where PATH can't be written otherwise.
as_owner_of() {
    local directory=${1%/*}
    while [[ ! -e $directory ]]; do
        directory=${directory%/*}
        directory=${directory:-/}
    done
    shift
    if [[ -w $directory ]]; then
        "$@"
    else
        as_root "$@"
    fi
}
