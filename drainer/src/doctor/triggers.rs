//! The capture triggers: present, enabled, and of the right source.

use tokio_postgres::Client;

use super::finding::{Finding, found};
use super::sources::AREA;
use crate::database::DatabaseError;

/// A capture trigger runs a function of ours; its first argument is the id of its source.
const TRIGGERS: &str = "-- triggers
with ours as (
    select t.tgrelid, t.tgname, t.tgenabled, t.tgparentid,
        case when a.id ~ '^[0-9]{1,18}$' then a.id::bigint end as source_id
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_proc as p on p.oid = t.tgfoid
    cross join lateral pg_catalog.split_part(pg_catalog.encode(t.tgargs, 'escape'), '\\000', 1) as a (id)
    where p.pronamespace = pg_catalog.to_regnamespace('zap') and p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
        and t.tgrelid not in (select c.oid from pg_catalog.pg_class as c where c.relnamespace = p.pronamespace)
),
attached as (
    select
        s.id, s.relation, pg_catalog.to_regclass(s.relation) as oid, case s.captures when 'status' then 2 else 1 end as needed,
        case s.captures when 'first_item' then 'zap.create_trigger' else 'zap.create_capture_triggers' end as maker
    from zap.source as s
    where s.detached_at is null and s.captures <> 'notify' and pg_catalog.to_regclass(s.relation) is not null
),
stopped as (
    select a.id, a.relation, o.tgrelid::pg_catalog.regclass::text as place, o.tgname, o.tgenabled
    from attached as a
    inner join ours as o on o.source_id = a.id
    where (o.tgrelid = a.oid or o.tgrelid in (select t.relid from pg_catalog.pg_partition_tree(a.oid) as t))
        and o.tgenabled in ('D', 'R')
),
counted as (
    select
        a.id, a.relation, a.needed, a.maker, pg_catalog.count(o.tgname) as present,
        pg_catalog.string_agg(
            case when o.tgname is not null then pg_catalog.format('drop trigger %I on %s; ', o.tgname, a.relation) end, ''
        ) as removal
    from attached as a
    left join ours as o on o.source_id = a.id and o.tgrelid = a.oid
    group by a.id, a.relation, a.needed, a.maker
)
select
    'error' as severity,
    c.relation || case c.present when 0 then ' has no capture trigger of source ' else ' lacks a capture trigger of source ' end
    || c.id || ': what happens there is found by the sweep only, if at all' as what,
    pg_catalog.concat(c.removal, 'select ', c.maker, '(s) from zap.source as s where s.id = ', c.id, ';') as remedy
from counted as c
where c.present < c.needed
union all
select
    'error',
    'trigger ' || s.tgname || ' on ' || s.place || ' '
    || case s.tgenabled when 'D' then 'is disabled' else 'fires on replicas only' end
    || ': what happens there is found by the sweep only, if at all',
    pg_catalog.format('alter table %s enable trigger %I;', s.place, s.tgname)
from stopped as s
union all
select
    'warning',
    'trigger ' || o.tgname || ' on ' || o.tgrelid::pg_catalog.regclass || ' names source ' || coalesce(o.source_id::text, 'nothing')
    || ', which is not attached to it: what it captures is skipped',
    pg_catalog.format('drop trigger %I on %s;', o.tgname, o.tgrelid::pg_catalog.regclass)
from ours as o
where o.tgparentid = 0 and not exists (select from attached as a where a.id = o.source_id and a.oid = o.tgrelid)
union all
select
    'ok', 'events are captured on ' || pg_catalog.string_agg(distinct a.relation, ', '), null
from counted as a
where a.present >= a.needed and not exists (select from stopped as s where s.id = a.id)
having pg_catalog.count(*) > 0";

/// Tables that inherit the old way share no triggers.
const CHILDREN: &str = "-- children
select
    'warning' as severity,
    i.inhrelid::pg_catalog.regclass || ' inherits from ' || s.relation || ', but not its trigger: its rows are not captured' as what,
    'select zap.attach(' || pg_catalog.quote_literal(i.inhrelid::pg_catalog.regclass) || ');' as remedy
from zap.source as s
inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(s.relation) and c.relkind = 'r'
inner join pg_catalog.pg_inherits as i on i.inhparent = c.oid
where s.detached_at is null
    and not exists (
        select from zap.source as o
        where o.detached_at is null and pg_catalog.to_regclass(o.relation) = i.inhrelid
    )";

/// Whether each source's trigger is where it should be.
pub async fn triggers(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let mut findings = found(client, AREA, TRIGGERS, &[]).await?;
    findings.extend(found(client, AREA, CHILDREN, &[]).await?);
    Ok(findings)
}
