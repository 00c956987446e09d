//! The server: its version, its settings, and whether the library is preloaded.

use tokio_postgres::Client;

use super::finding::{Finding, found};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "server";

const VERSION: &str = "-- version
select
    case when v.number = 15 then 'ok' else 'warning' end as severity,
    'PostgreSQL ' || pg_catalog.current_setting('server_version')
    || case when v.number = 15 then '' else ': Zapgres is tested with 15 only' end as what,
    case when v.number <> 15 then 'run PostgreSQL 15, or try an order on a copy of the database first' end as remedy
from (select pg_catalog.current_setting('server_version_num')::integer / 10000 as number) as v
union all
select 'error', 'the server is a standby: it takes no orders and sends nothing', 'point ZAPGRES_DATABASE_URL at the primary'
where pg_catalog.pg_is_in_recovery()";

/// Only a superuser or a member of `pg_read_all_settings` sees `shared_preload_libraries`.
const PRELOADED: &str = "-- preloaded
with seen as (
    select
        array(
            select pg_catalog.btrim(l.name, ' \"')
            from pg_catalog.string_to_table(pg_catalog.current_setting('shared_preload_libraries'), ',') as l (name)
            where pg_catalog.btrim(l.name) <> ''
        ) as libraries,
        array(
            select pg_catalog.btrim(d.name)
            from pg_catalog.string_to_table(pg_catalog.current_setting('zap.databases', true), ',') as d (name)
            where pg_catalog.btrim(d.name) <> ''
        ) as databases
)
select
    case when 'zapgres' = any (s.libraries) then 'ok' else 'warning' end as severity,
    case
        when 'zapgres' = any (s.libraries) then 'the library is preloaded'
        else 'shared_preload_libraries does not have zapgres: each transaction with an order wakes the daemon by itself, '
            'which holds a lock of the whole cluster while it commits'
    end as what,
    case when not 'zapgres' = any (s.libraries) then 'alter system set shared_preload_libraries = ' || (
        select pg_catalog.string_agg(pg_catalog.quote_literal(l.name), ', ')
        from pg_catalog.unnest(s.libraries || 'zapgres'::text) as l (name)
    ) || '; -- then restart the server' end as remedy
from seen as s
union all
select
    'warning', 'zap.databases does not name this database: no notifier runs for it',
    'alter system set zap.databases = ' || pg_catalog.quote_literal(
        pg_catalog.array_to_string(s.databases || pg_catalog.current_database()::text, ',')
    ) || '; -- then restart the server'
from seen as s
where 'zapgres' = any (s.libraries) and not pg_catalog.current_database()::text = any (s.databases)
union all
select
    case
        when w.is_there then 'ok'
        when pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') then 'warning'
        else 'info'
    end,
    case
        when w.is_there then 'the notifier of this database runs'
        when pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') then 'the notifier of this database does not run'
        else 'whether the notifier of this database runs is only shown to members of pg_read_all_stats'
    end,
    case
        when not w.is_there and pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') then
            'alter system set max_worker_processes = '
            || pg_catalog.current_setting('max_worker_processes')::integer + pg_catalog.cardinality(s.databases) + 1
            || '; -- then restart the server; the reason is in its log'
    end
from seen as s
cross join lateral (
    select exists (
        select from pg_catalog.pg_stat_activity as a
        where a.datname = pg_catalog.current_database() and a.backend_type = 'zapgres notifier'
    ) as is_there
) as w
where 'zapgres' = any (s.libraries) and pg_catalog.current_database()::text = any (s.databases)";

/// Background workers have a number of slots; a notifier takes one per database.
const WORKERS: &str = "-- workers
select
    'warning' as severity,
    'all ' || w.slots || ' slots of max_worker_processes are taken: nothing more can start, such as a notifier' as what,
    'alter system set max_worker_processes = ' || w.slots + 8 || '; -- then restart the server' as remedy
from (
    select
        pg_catalog.count(*) as taken, pg_catalog.current_setting('max_worker_processes')::integer as slots
    from pg_catalog.pg_stat_activity as a
    where a.backend_type not in (
        'client backend', 'autovacuum launcher', 'autovacuum worker', 'background writer', 'checkpointer', 'walwriter',
        'walsender', 'walreceiver', 'startup', 'archiver', 'logger', 'standalone backend'
    )
) as w
where w.taken >= w.slots";

/// Where capture is turned off, or the daemon not woken: for the database, a role, both, or everywhere.
const CAPTURE: &str = "-- capture
with given as (
    select
        p.setdatabase, p.setrole, pg_catalog.split_part(c.setting, '=', 1) as name,
        pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 2)) as value
    from pg_catalog.pg_db_role_setting as p
    cross join lateral pg_catalog.unnest(p.setconfig) as c (setting)
    where p.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
),
placed as (
    select
        g.name, g.value,
        case
            when g.setrole = 0 and g.setdatabase = 0 then 'every role'
            else pg_catalog.concat_ws(
                ' in ', 'role ' || pg_catalog.quote_ident(r.rolname), 'database ' || pg_catalog.quote_ident(d.datname)
            )
        end as place,
        case
            when g.setrole = 0 and g.setdatabase = 0 then 'alter role all'
            when g.setrole = 0 then 'alter database ' || pg_catalog.quote_ident(d.datname)
            else 'alter role ' || pg_catalog.quote_ident(r.rolname)
                || coalesce(' in database ' || pg_catalog.quote_ident(d.datname), '')
        end || ' reset ' || g.name || ';' as remedy
    from given as g
    left join pg_catalog.pg_database as d on d.oid = g.setdatabase
    left join pg_catalog.pg_roles as r on r.oid = g.setrole
    union all
    select
        s.name, pg_catalog.lower(pg_catalog.current_setting(s.name, true)), 'the server',
        'alter system set ' || s.name || ' = ' || s.normal || '; select pg_reload_conf();'
    from (values ('zap.enabled', 'on'), ('zap.wake', 'auto')) as s (name, normal)
    where not exists (
        select from given as g
        left join pg_catalog.pg_roles as r on r.oid = g.setrole
        where g.name = s.name and (g.setrole = 0 or r.rolname = session_user)
    )
)
select
    'warning' as severity,
    'zap.enabled is off for ' || p.place || ': orders from there are not noticed, and never will be' as what,
    p.remedy
from placed as p
where p.name = 'zap.enabled' and p.value in ('off', 'false', 'no', '0', 'f', 'n')
union all
select 'warning', 'zap.wake is poll for ' || p.place || ': the daemon finds orders from there by its timer only', p.remedy
from placed as p
where p.name = 'zap.wake' and p.value = 'poll'";

const DURABILITY: &str = "-- durability
select
    'error' as severity,
    s.name || ' is off: a crash of the machine may destroy the database, and what was sent is forgotten' as what,
    'alter system set ' || s.name || ' = on; select pg_reload_conf();' as remedy
from pg_catalog.pg_settings as s
where s.name in ('fsync', 'full_page_writes') and s.setting = 'off'
union all
select
    'warning', s.name || ' is off: dead rows stay in the queue, which gets slower with everything that is sent',
    'alter system set ' || s.name || ' = on; select pg_reload_conf();'
from pg_catalog.pg_settings as s
where s.name in ('autovacuum', 'track_counts') and s.setting = 'off'
union all
select
    'info',
    'synchronous_commit is off for ' || coalesce('database ' || d.datname, 'role ' || r.rolname, 'every role')
    || ': after a crash of the server its last orders may be gone, and their messages with them',
    null
from pg_catalog.pg_db_role_setting as p
left join pg_catalog.pg_database as d on d.oid = p.setdatabase
left join pg_catalog.pg_roles as r on r.oid = p.setrole
where 'synchronous_commit=off' = any (p.setconfig) and (p.setdatabase = 0 or d.datname = pg_catalog.current_database())";

const PREPARED: &str = "-- prepared
select
    'warning' as severity,
    'prepared transaction ' || p.gid || ' of ' || p.owner || ' is in doubt since ' || p.prepared::timestamptz(0)
    || ': its orders wait, and its locks stay' as what,
    pg_catalog.format('commit prepared %1$L; -- or: rollback prepared %1$L;', p.gid) as remedy
from pg_catalog.pg_prepared_xacts as p
where p.database = pg_catalog.current_database() and p.prepared < pg_catalog.clock_timestamp() - '5 minutes'::interval";

/// The version, and whether it is a server that takes orders.
pub async fn version(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, VERSION, &[]).await
}

/// Whether the library is preloaded, and a notifier runs.
pub async fn preloaded(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, PRELOADED, &[]).await
}

/// Whether there is room for background workers.
pub async fn workers(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, WORKERS, &[]).await
}

/// Where capture is turned off.
pub async fn capture(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let findings = found(client, AREA, CAPTURE, &[]).await?;
    Ok(or_ok(findings, "capture is on everywhere"))
}

/// What keeps data safe and tables small.
pub async fn durability(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, DURABILITY, &[]).await
}

/// Prepared transactions that nobody ends.
pub async fn prepared(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, PREPARED, &[]).await
}

fn or_ok(findings: Vec<Finding>, what: &str) -> Vec<Finding> {
    if findings.is_empty() {
        return vec![Finding::ok(AREA, what)];
    }
    findings
}
