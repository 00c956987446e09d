#!/usr/bin/env bash
# The long forms of the tests that break things at random, or take minutes; docs/CHAOS.md says what they do.
# SEED=, KILLS=: of the chaos run. PART=chaos, brownout or long_transaction: only these.
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

"$root/scripts/install-requirements.sh" build
private_postgres
step "building what the tests run"
quietly build build dev
quietly build-tests cargo test --package zapgres-tests --test it --no-run
step "long tests, one after the other"
CHAOS_SEED=${SEED:-} CHAOS_KILLS=${KILLS:-} \
    cargo test --quiet --package zapgres-tests --test it -- --ignored --nocapture --test-threads 1 ${PART:+"$PART::"}
