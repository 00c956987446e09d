#!/usr/bin/env bash
# From captured orders to messages, nothing sent: tests/bench/intake on a private cluster, with the real daemon. For its
# variables see docs/BENCHMARKS.md.
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
cd "$root"

"$root/scripts/install-requirements.sh" bench
private_postgres
step "building (release: some minutes the first time)"
quietly build build release
quietly build-bench cargo bench --package zapgres-tests --bench intake --no-run
step "starting a private cluster"
bench_server track_commit_timestamp=on zap.databases=bench \
    shared_preload_libraries="zapgres${STATEMENTS:+,pg_stat_statements}"
step "measuring (QUICK=1: about 20 seconds, else two minutes)"
BENCH_SOCKET=$bench_sockets BENCH_OUTPUT=$target/bench \
    cargo bench --quiet --package zapgres-tests --bench intake
