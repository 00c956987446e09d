#!/usr/bin/env bash
# Installs what building, demo and (with the argument `test` or `bench`) the tests or benchmarks need, and nothing that is
# there already.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=output.sh
source "$root/scripts/output.sh"
# shellcheck source=as-root.sh
source "$root/scripts/as-root.sh"

main() {
    local purpose=${1:-build}
    local packages=(
        build-essential pkg-config libssl-dev libclang-dev
        "postgresql-$postgres_version" "postgresql-server-dev-$postgres_version" curl ca-certificates jq
    )
    require_rust
    if [[ $purpose == test ]]; then
        packages+=(python3-venv shellcheck)
        # cargo-pgrx becomes the server's user with it.
        [[ $(id -u) != 0 ]] || packages+=(sudo)
    fi
    [[ $purpose != bench ]] || packages+=(python3)
    [[ $purpose != bench ]] || packages+=(python3)
    install_packages "${packages[@]}"
    install_cargo_tool cargo-pgrx "$cargo_pgrx_version" "$cargo_pgrx_directory"
    if [[ $purpose == test ]]; then
        require_rust_component rustfmt
        require_rust_component clippy
        install_cargo_tool cargo-deny "$cargo_deny_version" "$cargo_deny_directory" --no-default-features
        install_sqlfluff
    fi
}

require_rust() {
    local found
    found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2) || true
    if [[ -z $found || $(printf '%s\n' "$rust_version" "$found" | sort -V | head -n 1) != "$rust_version" ]]; then
        die "Rust $rust_version or newer is needed (found: ${found:-none}): install it from https://rustup.rs"
    fi
}

require_rust_component() {
    "cargo-${1/rust/}" --version >/dev/null 2>&1 || quietly "rustup-$1" rustup component add "$1"
}

install_packages() {
    local package missing=()
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    command -v apt-get >/dev/null || die "not a Debian system: install ${missing[*]} by hand"
    step "installing packages: ${missing[*]}"
    quietly apt-update as_root apt-get update
    without_main_cluster quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}"
}

# Debian gives a new PostgreSQL a cluster and starts it. Nobody asked for that here.
without_main_cluster() {
    local file=/etc/postgresql-common/createcluster.d/zapgres-installs.conf
    as_root mkdir -p "${file%/*}"
    as_root tee "$file" >/dev/null <<<'create_main_cluster = false'
    trap 'as_root rm -f '"$file" EXIT
    "$@"
    as_root rm -f "$file"
    trap - EXIT
}

# install_cargo_tool NAME VERSION DIRECTORY [OPTION…]: used as found on PATH when its version is the right one.
install_cargo_tool() {
    local name=$1 version=$2 directory=$3
    [[ $("$name" "${name#cargo-}" --version 2>/dev/null) != "$name $version" ]] || return 0
    step "installing $name $version (some minutes, once)"
    # Optimising the tools would take longer than all that they are used for.
    quietly "$name" env CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --locked --root "$directory" --version "=$version" "${@:4}" "$name"
}

install_sqlfluff() {
    [[ ! -e $sqlfluff_directory/complete ]] || return 0
    step "installing sqlfluff $sqlfluff_version"
    quietly venv python3 -m venv --clear "$sqlfluff_directory"
    quietly sqlfluff "$sqlfluff_directory/bin/pip" install --quiet "sqlfluff==$sqlfluff_version"
    touch "$sqlfluff_directory/complete"
}

main "$@"
