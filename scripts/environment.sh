# shellcheck shell=bash disable=SC2034 # each script uses some
# Where things are, for all scripts. Sourced; `source scripts/environment.sh` also prepares a developer's shell.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
target=${CARGO_TARGET_DIR:-$root/target}

# Versions that the results depend on. cargo-pgrx must equal the crate pgrx.
rust_version=1.95
cargo_pgrx_version=0.18.1
cargo_deny_version=0.20.2
sqlfluff_version=4.5.0
postgres_version=15

# Tools live outside of target/, so that `cargo clean` and a fresh clone don't cost minutes, and outside of
# ~/.cargo/bin, so that another project's version of them stays.
tools=${ZAPGRES_TOOLS:-${XDG_CACHE_HOME:-${HOME:-$target}/.cache}/zapgres}
cargo_pgrx_directory=$tools/cargo-pgrx-$cargo_pgrx_version
cargo_deny_directory=$tools/cargo-deny-$cargo_deny_version
sqlfluff_directory=$tools/sqlfluff-$sqlfluff_version

# ~/.cargo/bin is named because cargo otherwise looks for its subcommands there first.
PATH=$cargo_pgrx_directory/bin:$cargo_deny_directory/bin:${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH
export PATH

# The developer's own flags would show in what clients see of an error.
export RUST_BACKTRACE=0

# crates/extension/build.rs does what cargo-pgrx would do by flags that have every dependency built a second time.
export CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1
