#!/usr/bin/env bash
# All tests, the quickest first: what is pure, what runs in a backend, what needs whole processes.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=output.sh
source "$root/scripts/output.sh"
# shellcheck source=server-user.sh
source "$root/scripts/server-user.sh"
# shellcheck source=private-postgres.sh
source "$root/scripts/private-postgres.sh"
# shellcheck source=build.sh
source "$root/scripts/build.sh"
cd "$root"

test_in_database() {
    local scratch options=()
    scratch=$(scratch_directory test)
    # shellcheck disable=SC2064 # the directory of now
    trap "rm -rf '$scratch'" EXIT
    [[ $(id -u) != 0 ]] || options+=(--runas "$server_user")
    # cargo-pgrx wants to know USER; in containers it is often not set.
    USER=${USER:-$(id -un)} cargo pgrx test "pg$postgres_version" --package zapgres --pgdata "$scratch/data" "${options[@]}"
    rm -rf "$scratch"
    trap - EXIT
}

private_postgres
step "unit tests"
cargo test --workspace --exclude zapgres --exclude zapgres-tests
step "in-database tests"
test_in_database
# After the in-database tests: these install a build that has them inside.
step "building what the out-of-process tests run"
build dev
step "out-of-process tests"
cargo test --package zapgres-tests --test it
