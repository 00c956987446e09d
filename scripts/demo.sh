#!/usr/bin/env bash
# From an INSERT to a message on a phone, on a private cluster. Until Ctrl-C; with ONCE=1 one order, then the end.
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

once=${ONCE:-}
# Seconds that anything here may take before it counts as failed.
patience=60
# What the sandbox takes as the provider's key; a real one would be in a file or a systemd credential.
export DEMO_KEY=demo
processes=()
cluster='' scratch=''

main() {
    "$root/scripts/install-requirements.sh" build
    private_postgres
    step "building (some minutes the first time)"
    quietly build build dev
    forget_settings
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    start_cluster
    start_sandbox
    install_zapgres
    start_daemon
    place_orders
    [[ -n $once ]] || stay
}

# Nothing that this machine's own Zapgres is set to may reach the demo's.
forget_settings() {
    local variable program=$ZAPGRES_BIN
    for variable in ${!ZAPGRES_@}; do
        unset "$variable"
    done
    ZAPGRES_BIN=$program
    export ZAPGRES_CONFIG=/dev/null
    # Where the sandbox is.
    export ZAPGRES_ALLOW_ADDRESSES=127.0.0.1
}

start_cluster() {
    local directory
    step "starting a private PostgreSQL with an order database: 3 companies, 300 old orders"
    scratch=$(scratch_directory demo)
    directory=$(server_directory)/demo
    mkdir -p "$directory"
    cluster=$(mktemp -d "$directory/XXXXXX")
    [[ $(id -u) != 0 ]] || chown "$server_user" "$cluster"
    cluster_create "$cluster/data"
    cluster_start "$cluster/data" "$scratch" shared_preload_libraries=zapgres zap.databases=demo
    psql_as postgres -d postgres -c 'create database demo'
    psql_as postgres -f "$root/sql/demo/10_tables.sql" -f "$root/sql/demo/20_history.sql"
}

# psql_as ROLE ARGUMENT…
psql_as() {
    "$PG_BINDIR/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
        --host "$scratch" --username "$1" --dbname demo "${@:2}"
}

start_sandbox() {
    local port
    port=$(free_port 8899)
    sandbox=http://127.0.0.1:$port
    in_background sandbox sandbox --listen "127.0.0.1:$port"
    wait_until "the sandbox answers" curl --fail --silent --output /dev/null "$sandbox/sandbox/messages"
}

# free_port FIRST: the first from there on at which nobody listens.
free_port() {
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    printf '%s\n' "$port"
}

install_zapgres() {
    local administrator="host=$scratch user=postgres dbname=demo" id name instance
    step "create extension zapgres"
    psql_as postgres -c 'create extension zapgres' 2>&1 | sed 's/^/    /' >&2
    step "zapgres setup, and a channel for each company"
    quietly demo-setup "$ZAPGRES_BIN" setup --database-url "$administrator"
    psql_as postgres -c 'create role demo_daemon login in role zap_daemon'
    while IFS='|' read -r id name instance; do
        quietly demo-channel "$ZAPGRES_BIN" channel add "$name" --tenant "$id" --provider evolution --url "$sandbox" \
            --instance "$instance" --credential env:DEMO_KEY --delay 0s..0s --database-url "$administrator"
    done < <(psql_as postgres -c "select id, nome, lower(translate(nome, ' ', '-')) from empresas order by id")
}

start_daemon() {
    step "zapgres run"
    in_background daemon run --database-url "host=$scratch user=demo_daemon dbname=demo"
    wait_until "the daemon is at work" daemon_works
}

# Its lock keeps a second daemon away; whoever holds it drains the queue.
daemon_works() {
    [[ $(psql_as postgres -c "select count(*) from pg_locks as l join pg_stat_activity as a using (pid)
        where l.locktype = 'advisory' and a.application_name like 'zapgres%'") != 0 ]]
}

place_orders() {
    step "the application inserts an order in one transaction (sql/demo/application/one_transaction.sql)"
    psql_as loja -f "$root/sql/demo/application/one_transaction.sql"
    if [[ -z $once ]]; then
        step "the application inserts an order row by row (sql/demo/application/row_by_row.sql)"
        psql_as loja -f "$root/sql/demo/application/row_by_row.sql"
    fi
    step "waiting for the phone to ring: an order is looked at when it has been quiet for 2 seconds"
    show_arrivals "$([[ -n $once ]] && echo 1 || echo 2)"
}

# show_arrivals COUNT: waits for so many messages and prints them.
show_arrivals() {
    wait_until "the messages arrive" arrived "$1"
    messages | jq --raw-output '
        .[] | "\n  ┌ to +\(.number), from \(.instance)\n" + (.text | split("\n") | map("  │ " + .) | join("\n")) + "\n  └"'
    printf '\n'
    [[ $(messages | jq length) == "$1" ]] || die "more messages than orders"
}

arrived() {
    [[ $(messages | jq length) -ge $1 ]]
}

messages() {
    curl --fail --silent "$sandbox/sandbox/messages"
}

stay() {
    cat <<END
  The phone:        $sandbox/
  Everything sent:  $sandbox/sandbox/messages
  The queue:        psql -h $scratch -U postgres demo -c 'select subject, tenant_id, status, recipient, sent_at from zap.notification_queue'
  Another order:    psql -h $scratch -U loja demo -f sql/demo/application/one_transaction.sql

  Ctrl-C ends the demo and removes everything that it made.
END
    trap 'exit 0' INT
    # Returns when the sandbox or the daemon ends, which neither should.
    wait -n
    show_logs
    die "the demo ended by itself"
}

# in_background NAME ARGUMENT…: zapgres with these arguments.
in_background() {
    # In a session of its own, so that Ctrl-C reaches it once: from clean_up, as a request to finish.
    setsid "$ZAPGRES_BIN" "${@:2}" >"$scratch/$1.log" 2>&1 </dev/null &
    processes+=($!)
}

# wait_until WHAT COMMAND…
wait_until() {
    local deadline=$((SECONDS + patience)) process
    until "${@:2}" 2>/dev/null; do
        for process in "${processes[@]}"; do
            kill -0 "$process" 2>/dev/null || { show_logs; die "ended before $1"; }
        done
        ((SECONDS < deadline)) || { show_logs; die "waited $patience s in vain until $1"; }
        sleep 0.05
    done
}

show_logs() {
    tail -n 20 "$scratch"/*.log "$cluster"/*.log >&2
}

clean_up() {
    trap '' INT TERM HUP
    local process
    for process in "${processes[@]}"; do
        kill -TERM "$process" 2>/dev/null || true
    done
    wait
    [[ -z $cluster ]] || cluster_stop "$cluster/data"
    rm -rf "$cluster" "$scratch"
}

main
