#!/usr/bin/env bash
# What can be said without running anything, cheapest first.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=output.sh
source "$root/scripts/output.sh"
# shellcheck source=server-user.sh
source "$root/scripts/server-user.sh"
# shellcheck source=private-postgres.sh
source "$root/scripts/private-postgres.sh"
cd "$root"
private_postgres

step "rustfmt"
cargo fmt --all --check
step "shellcheck"
# With what they source: only together do the parts make sense.
grep -l '^#!/usr/bin/env bash' scripts/*.sh .ci/run | xargs shellcheck --check-sourced
step "sqlfluff"
"$sqlfluff_directory/bin/sqlfluff" lint --processes 0 --disable-progress-bar sql
step "cargo deny"
cargo deny --log-level error check licenses bans sources
step "clippy"
# --locked: a lock file that does not fit must not be mended in passing.
cargo clippy --locked --workspace --all-targets -- -D warnings
