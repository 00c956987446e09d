# shellcheck shell=bash
# Progress and errors as a person reads them. Sourced.

step() {
    printf '• %s\n' "$*" >&2
}

die() {
    printf 'zapgres: %s\n' "$*" >&2
    exit 1
}

# quietly NAME COMMAND…: the command's output goes to a log and is shown only when it fails.
quietly() {
    local log="$target/log/$1.log"
    shift
    mkdir -p "$target/log"
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "failed: $* (all of its output: $log)"
    fi
}
