-- The rows are locked, and looked at again as they are then, before they are counted: what a lane has taken meanwhile is none
-- of them, and what is one of them no lane takes any more. They are found by primary key only: with the statuses as conditions
-- on the table, the planner may prefer to walk an index of many dead entries.
create function zap.cancel_selected(f zap.queue_filter, expected bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set lock_timeout = '10s'
as $$
declare
    found_count bigint;
    channels bigint [];
begin
    with known as materialized (
        select q as now
        from zap.notification_queue as q
        where q.id in (select m.id from zap.matching_ids(f) as m (id))
        order by q.id
        for update
    ),
    selected as materialized (
        select (k.now).id
        from known as k
        where zap.matches(k.now, f)
    ),
    counted as materialized (select count(*) as total from selected),
    canceled as (
        update zap.notification_queue as q
        set
            status = 'canceled',
            reason = 'canceled',
            canceled_at = clock_timestamp(),
            resolved_at = coalesce(q.resolved_at, clock_timestamp())
        from selected as s, counted as c
        where q.id = s.id and c.total = coalesce(expected, c.total)
        returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts
    ),
    logged as (
        insert into zap.notification_logs (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, detail)
        select
            c.id, c.tenant_id, c.source_id, c.channel_id, 'info', 'canceled', 'canceled', c.attempts, 'by ' || session_user
        from canceled as c
    )
    select (select c.total from counted as c), (select array_agg(distinct c.channel_id) from canceled as c)
    into found_count, channels;
    perform zap.wake_lanes(channels);
    return found_count;
end
$$;
comment on function zap.cancel_selected(zap.queue_filter, bigint) is
'Cancels what the filter selects if that is as many as expected (null: any number), and returns how many it selects';

create function zap.cancel(id bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    f zap.queue_filter := zap.read_filter('{}', 'cancel');
begin
    f.id := coalesce(cancel.id, 0);
    if zap.cancel_selected(f, null) = 0 then
        perform zap.refuse_action('cancel', cancel.id);
    end if;
    return cancel.id;
end
$$;
comment on function zap.cancel(bigint) is 'Withdraws a notification that waits; what is in flight or sent is refused. Returns its id';

create function zap.cancel_matching(filter jsonb, expected bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found_count bigint := zap.cancel_selected(zap.read_filter(filter, 'cancel'), coalesce(expected, -1));
begin
    perform zap.check_count('cancel_matching', expected, found_count);
    return found_count;
end
$$;
comment on function zap.cancel_matching(jsonb, bigint) is
'Withdraws what waits and matches the filter, if it is as many as count_matching(filter, ''cancel'') had counted';

revoke all on function zap.cancel_selected(zap.queue_filter, bigint) from public;
revoke all on function zap.cancel(bigint) from public;
revoke all on function zap.cancel_matching(jsonb, bigint) from public;
