//! The sources: their tables and columns, what they are set to, and the orders of theirs that wait to be mended.

use tokio_postgres::Client;

use super::finding::{Finding, found};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "sources";

const STATE: &str = "-- state
select 'warning' as severity, 'no table is attached: nothing is captured' as what, 'zapgres attach YOUR_ITEMS_TABLE --dry-run' as remedy
where not exists (select from zap.source as s where s.detached_at is null and s.captures <> 'notify')
union all
select 'info', s.relation || ' (' || s.event || ') is detached since ' || s.detached_at::timestamptz(0), null
from zap.source as s
where s.detached_at is not null
union all
select
    'info', s.relation || ' (' || s.event || ') is ' || case s.mode when 'off' then 'off: its orders are skipped'
        else 'in shadow: its orders are composed and not sent' end,
    'update zap.source set mode = ''live'' where id = ' || s.id || ';'
from zap.source as s
where s.detached_at is null and s.mode <> 'live'
union all
select
    'warning', s.relation || ' (' || s.event || ') is paused since ' || s.paused_at::timestamptz(0) || ': its messages wait and expire',
    'zapgres source resume ' || pg_catalog.quote_literal(s.relation) || ' --event ' || s.event
from zap.source as s
where s.detached_at is null and s.paused_at is not null";

/// A column may be dropped, a table too, without anybody asking who reads it.
const COLUMNS: &str = "-- columns
with attached as (
    select
        s.*, pg_catalog.to_regclass(s.relation) as own, pg_catalog.to_regclass(s.order_relation) as orders,
        pg_catalog.format('select zap.detach(%L, %L); -- then attach it anew: ', s.relation, s.event) || case s.captures
            when 'status' then pg_catalog.format('select zap.attach_status(%L, %L, %L);', s.relation, s.status_column, s.events)
            when 'insert' then pg_catalog.format('select zap.attach_inserts(%L, %L);', s.relation, s.event)
            else pg_catalog.format('select zap.attach(%L, event => %L);', s.relation, s.event)
        end as remedy
    from zap.source as s
    where s.detached_at is null and s.captures <> 'notify'
),
named as (
    select a.id, a.remedy, a.own as oid, a.relation as place, k.name
    from attached as a cross join lateral pg_catalog.unnest(a.key_columns || a.status_column) as k (name)
    union all
    select a.id, a.remedy, a.orders, a.order_relation, k.name
    from attached as a cross join lateral pg_catalog.unnest(a.order_key) as k (name)
    union all
    select a.id, a.remedy, coalesce(a.orders, a.own), coalesce(a.order_relation, a.relation), a.created_column
    from attached as a
)
select
    'error' as severity, 'table ' || a.relation || ' of source ' || a.id || ' is gone' as what,
    'update zap.source set detached_at = now() where id = ' || a.id || ';' as remedy
from attached as a
where a.own is null
union all
select
    'error', 'table ' || a.order_relation || ' of the orders of ' || a.relation || ' is gone', a.remedy
from attached as a
where a.own is not null and a.order_relation is not null and a.orders is null
union all
select distinct
    'error', 'column ' || n.name || ' of ' || n.place || ', which source ' || n.id || ' needs, is gone', n.remedy
from named as n
where n.oid is not null and n.name is not null
    and not exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = n.oid and a.attname = n.name and a.attnum > 0 and not a.attisdropped
    )
union all
select
    'error',
    'column ' || a.status_column || ' of ' || a.relation || ' can not be \"' || e.key || '\" any more: ' || e.value || ' is never announced',
    a.remedy
from attached as a
inner join pg_catalog.pg_attribute as c on c.attrelid = a.own and c.attname = a.status_column
inner join pg_catalog.pg_type as t on t.oid = c.atttypid and t.typtype = 'e'
cross join lateral pg_catalog.jsonb_each_text(a.events) as e
where not exists (select from pg_catalog.pg_enum as l where l.enumtypid = t.oid and l.enumlabel = e.key)";

/// Intake reads a whole batch of orders by key, the sweep by time.
const INDEXES: &str = "-- indexes
with read as (
    select s.id, s.relation as place, s.key_columns as names, 'warning' as severity, 'every new order reads the whole table' as cost
    from zap.source as s
    where s.detached_at is null and s.captures = 'first_item'
    union all
    select s.id, s.order_relation, s.order_key, 'warning', 'every new order reads the whole table'
    from zap.source as s
    where s.detached_at is null and s.order_relation is not null
    union all
    select s.id, coalesce(s.order_relation, s.relation), array[s.created_column], 'info', 'the sweep reads the whole table'
    from zap.source as s
    where s.detached_at is null and s.created_column is not null
)
select distinct
    r.severity, r.place || ' has no index on (' || pg_catalog.array_to_string(r.names, ', ') || '): ' || r.cost as what,
    pg_catalog.format(
        'create index%s on %s (%s);', case when c.relkind = 'p' then '' else ' concurrently' end, r.place,
        (select pg_catalog.string_agg(pg_catalog.quote_ident(n.name), ', ' order by n.place)
        from pg_catalog.unnest(r.names) with ordinality as n (name, place))
    ) as remedy
from read as r
inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(r.place) and c.relkind in ('r', 'p', 'm')
where not exists (
        select from pg_catalog.pg_index as x
        inner join pg_catalog.pg_attribute as a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
        where x.indrelid = c.oid and x.indisvalid and x.indpred is null and a.attname = any (r.names)
    )
    and not exists (
        select from pg_catalog.unnest(r.names) as n (name)
        where not exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and a.attname = n.name and not a.attisdropped
        )
    )";

const SWEEP: &str = "-- sweep
select
    'info' as severity,
    s.relation || ' has neither a time of creation nor a growing key: what capture misses is not found, and no order is too old' as what,
    'update zap.source set created_column = ''…'' where id = ' || s.id || ';' as remedy
from zap.source as s
where s.detached_at is null and s.mode <> 'off' and s.captures <> 'notify' and s.created_column is null
    and not exists (select from zap.sweep_mark as m where m.source_id = s.id)
    and not (pg_catalog.cardinality(s.key_types) = 1 and s.key_types[1] in ('smallint', 'integer', 'bigint'))
union all
select
    'warning',
    s.relation || ': no sweep has marked where it is since '
    || coalesce((select pg_catalog.max(m.marked_at)::timestamptz(0)::text from zap.sweep_mark as m where m.source_id = s.id), 'ever'),
    'zapgres sweep'
from zap.source as s
where s.detached_at is null and s.mode <> 'off' and s.captures <> 'notify' and s.created_column is null
    and pg_catalog.cardinality(s.key_types) = 1 and s.key_types[1] in ('smallint', 'integer', 'bigint')
    and not exists (
        select from zap.sweep_mark as m
        where m.source_id = s.id and m.marked_at > pg_catalog.clock_timestamp() - '1 day'::interval
    )
    and s.attached_at < pg_catalog.clock_timestamp() - '1 day'::interval";

/// What somebody has to mend waits in intake, and is looked at again.
const WAITING: &str = "-- waiting
with waiting as materialized (
    select q.source_id, q.reason, q.created_at, q.last_error, q.id, q.event
    from zap.notification_queue as q
    where q.resolved_at is null
        and q.reason in ('context_error', 'template_error', 'no_context_query', 'tenant_gone', 'write_error')
    limit 10001
)
select
    'error' as severity,
    pg_catalog.concat_ws(
        ' ',
        case when pg_catalog.count(*) > 10000 then 'more than 10000' else pg_catalog.count(*)::text end,
        'of', coalesce(s.relation, 'source ' || w.source_id), 'wait with', w.reason, 'since',
        pg_catalog.min(w.created_at)::timestamptz(0)::text
    ) || coalesce(': ' || (pg_catalog.array_agg(w.last_error order by w.id desc) filter (where w.last_error is not null))[1], '') as what,
    case
        when w.reason in ('context_error', 'no_context_query')
            then 'update zap.source set context_query = zap.propose(' || pg_catalog.quote_literal(s.relation) || ') where id = ' || w.source_id
            || ';  -- looks at the tables anew; or give your own query'
        when w.reason = 'template_error' then 'update zap.template set body = $text$…$text$ where active and event = '
            || pg_catalog.quote_literal(pg_catalog.min(w.event)) || ';'
        else 'zapgres queue list --reason ' || w.reason
    end as remedy
from waiting as w
left join zap.source as s on s.id = w.source_id
group by w.source_id, s.relation, s.event, w.reason
order by 2";

/// What the sources are set to.
pub async fn state(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, STATE, &[]).await
}

/// Whether their tables and columns are there.
pub async fn columns(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, COLUMNS, &[]).await
}

/// Whether what is read of them is indexed.
pub async fn indexes(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, INDEXES, &[]).await
}

/// Whether what capture misses is found.
pub async fn sweep(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, SWEEP, &[]).await
}

/// Orders that wait until somebody mends something.
pub async fn waiting(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, WAITING, &[]).await
}
