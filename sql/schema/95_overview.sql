-- Statistics for people. None of them reads the queue from end to end: each counts in a partial index, as far as the limit,
-- and beyond it says about how many entries that index had when it was vacuumed last.

create function zap.oldest_due(channel_id bigint)
returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    -- Loose scan of notification_queue_ready: one probe per priority. What is put aside is due at infinity.
    with recursive level (priority) as (
        (
            select q.priority
            from zap.notification_queue as q
            where q.resolved_at is not null
                and q.status in ('pending', 'retrying', 'uncertain')
                and q.channel_id = $1
            order by q.priority desc
            limit 1
        )
        union all
        select (
            select q.priority
            from zap.notification_queue as q
            where q.resolved_at is not null
                and q.status in ('pending', 'retrying', 'uncertain')
                and q.channel_id = $1
                and q.priority < l.priority
            order by q.priority desc
            limit 1
        )
        from level as l
        where l.priority is not null
    )

    select min(oldest.next_attempt_at)
    from level as l
    cross join lateral (
        select q.next_attempt_at
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id = $1
            and q.priority = l.priority
            and q.next_attempt_at < 'infinity'
        order by q.next_attempt_at, q.id
        limit 1
    ) as oldest;
end;
comment on function zap.oldest_due(bigint) is 'When the oldest notification that waits for the channel was due; null: none waits';

create function zap.entries_of(index_name text)
returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select greatest(c.reltuples, 0)::bigint
    from pg_class as c
    where c.relnamespace = 'zap'::regnamespace and c.relname = index_name;
end;
comment on function zap.entries_of(text) is 'About how many entries a table or index of ours has';

create function zap.overview()
returns table (measure text, count bigint, is_exact boolean, oldest timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    cap constant bigint := 10000;
begin
    return query
    with counted (place, measure, exact, entries, oldest) as (
        select
            1, 'captured', (
                select count(*) from (
                    select from zap.notification_queue as q
                    where q.resolved_at is null order by q.next_attempt_at, q.id limit cap + 1
                ) as counting
            ), zap.entries_of('notification_queue_unresolved'), (
                select q.next_attempt_at from zap.notification_queue as q
                where q.resolved_at is null order by q.next_attempt_at, q.id limit 1
            )
        union all
        select
            2, 'waiting', (
                select count(*) from (
                    select from zap.notification_queue as q
                    where q.resolved_at is not null and q.status in ('pending', 'retrying', 'uncertain')
                    order by q.channel_id limit cap + 1
                ) as counting
            ), zap.entries_of('notification_queue_ready'), null::timestamptz
        union all
        select
            2 + s.place::integer, s.status, (
                select count(*) from (
                    select from zap.notification_queue as q
                    where q.status in ('processing', 'retrying', 'uncertain', 'failed') and q.status = s.status
                    order by q.status, q.channel_id limit cap + 1
                ) as counting
            ), zap.entries_of('notification_queue_attempted'), null::timestamptz
        from unnest(array['processing', 'retrying', 'uncertain', 'failed']) with ordinality as s (status, place)
        union all
        select
            7, 'missed', (select count(*) from (select from zap.missed as m limit cap + 1) as counting),
            zap.entries_of('missed'), (select min(m.missed_at) from zap.missed as m)
        union all
        select 8, 'all rows', null::bigint, zap.entries_of('notification_queue'), null::timestamptz
    )
    select
        c.measure, case when c.exact <= cap then c.exact else greatest(c.entries, coalesce(c.exact, 0)) end,
        coalesce(c.exact <= cap, false), c.oldest
    from counted as c
    order by c.place;
end
$$;
comment on function zap.overview() is
'How the queue stands, without reading it: exact up to 10,000, beyond that about as many as the index had entries when last '
'vacuumed. waiting: for a lane or a retry, retrying and uncertain included';

create function zap.channel_overview()
returns table (
    channel text, tenant_id text, provider text, enabled boolean, paused_at timestamptz, tenant_paused boolean, share smallint,
    priority smallint, daemon text, lease_until timestamptz, breaker text, breaker_opened_at timestamptz,
    breaker_probe_at timestamptz, breaker_reason text, sent_today integer, daily_cap integer, waiting bigint,
    waiting_is_exact boolean, oldest_due timestamptz, connection text, connected_number text, health_checked_at timestamptz,
    latency_ms integer, health_error text, tenant_enabled boolean, purpose text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    cap constant bigint := 10000;
begin
    return query
    select
        c.name, c.tenant_id, c.provider, c.enabled, c.paused_at, t.paused_at is not null, c.share, c.priority,
        d.name, d.lease_until, coalesce(s.breaker, 'closed'), s.breaker_opened_at, s.breaker_probe_at, s.breaker_reason,
        case when s.sent_on = (clock_timestamp() at time zone zap.known_timezone(t.timezone))::date then s.sent_count end, c.daily_cap,
        least(w.total, cap), w.total <= cap, zap.oldest_due(c.id), h.connection, h.connected_number, h.checked_at, h.latency_ms,
        h.error, t.enabled, c.purpose
    from zap.channel as c
    inner join zap.tenant as t on c.tenant_id = t.id
    left join zap.channel_state as s on c.id = s.channel_id
    left join zap.channel_health as h on c.id = h.channel_id
    left join zap.daemon as d on s.lease_owner = d.name
    cross join lateral (
        select count(*) as total
        from (
            select from zap.notification_queue as q
            where q.resolved_at is not null and q.status in ('pending', 'retrying', 'uncertain') and q.channel_id = c.id
            order by q.channel_id, q.priority desc limit cap + 1
        ) as counting
    ) as w
    order by c.tenant_id, c.priority desc, c.name;
end
$$;
comment on function zap.channel_overview() is
'Each channel: who sends for it, whether it works, what waits for it (exact up to 10,000) and since when';

revoke all on function zap.oldest_due(bigint) from public;
revoke all on function zap.entries_of(text) from public;
revoke all on function zap.overview() from public;
revoke all on function zap.channel_overview() from public;
