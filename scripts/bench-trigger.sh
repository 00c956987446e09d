#!/usr/bin/env bash
# What capture costs the inserting transaction: bench/trigger.py on two private clusters. For its variables see
# docs/BENCHMARKS.md.
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
# shellcheck source=cluster.sh
source "$root/scripts/cluster.sh"
# shellcheck source=bench-servers.sh
source "$root/scripts/bench-servers.sh"

"$root/scripts/install-requirements.sh" bench
private_postgres
step "building (release: some minutes the first time)"
quietly build build release
step "starting two private clusters"
bench_servers
step "measuring (QUICK=1: about 5 minutes, else about 30)"
# The exit status of a Ctrl-C counts, so not exec: the clusters are stopped when this script ends.
/usr/bin/python3 -B "$root/bench/trigger.py" --programs "$PG_BINDIR" --preloaded "$preloaded_socket" --plain "$plain_socket" \
    --build release --output "$target/bench"
