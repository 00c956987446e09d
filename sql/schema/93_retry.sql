-- The channel that a notification had, while it is enabled; else the tenant's first one that works, or that will.
create function zap.usable_channel(tenant_id text, channel_id bigint)
returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select c.id
    from zap.channel as c
    left join zap.channel_state as s on c.id = s.channel_id
    where c.tenant_id = $1 and c.enabled and (c.id = $2 or (c.paused_at is null and c.share > 0))
    order by c.id is not distinct from $2 desc, coalesce(s.breaker, 'closed') = 'closed' desc, c.priority desc, c.id asc
    limit 1;
end;
comment on function zap.usable_channel(text, bigint) is 'Channel for a notification that is taken up again; null: none can be used';

-- What failed keeps its text and its attempts, so that a late answer to an earlier attempt still finds it; what never had a
-- text goes back to intake, and so does what was refused for want of an approved template, which there may be by now. The
-- error goes: a channel that recovers would hasten what is to be repeated slowly.
create function zap.retry_selected(f zap.queue_filter, expected bigint, per_minute integer)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set lock_timeout = '10s'
as $$
declare
    pause interval := coalesce(interval '1 minute' / per_minute, '0');
    begins timestamptz := clock_timestamp();
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
        select
            (k.now).id, (k.now).tenant_id, (k.now).source_id, (k.now).channel_id, (k.now).error_class,
            (k.now).body is null or (
                (k.now).status = 'failed' and (k.now).error_class is not distinct from 'window_closed'
                and (k.now).source_id is not null and not coalesce((k.now).payload ? 'template', false)
            ) as is_anew
        from known as k
        where zap.matches(k.now, f)
    ),
    counted as materialized (select count(*) as total from selected),
    placed as (
        select
            s.id, s.error_class, s.is_anew,
            begins + pause * (row_number() over (order by s.id) - 1) as due,
            coalesce(o.expires_after, interval '24 hours') as expires_after,
            coalesce(o.max_attempts, 8) as more_attempts,
            zap.usable_channel(s.tenant_id, s.channel_id) as channel_id
        from selected as s
        left join zap.source as o on s.source_id = o.id
    ),
    requeued as (
        update zap.notification_queue as q
        set
            status = case
                when q.status = 'uncertain' then 'uncertain'
                when q.attempts > 0 and not p.is_anew then 'retrying'
                else 'pending'
            end,
            reason = case when not p.is_anew and p.channel_id is null then 'no_channel' end,
            channel_id = case when not p.is_anew then p.channel_id end,
            body = case when not p.is_anew then q.body end,
            resolved_at = case when not p.is_anew then coalesce(q.resolved_at, begins) end,
            -- A request without an answer may still be on its way: none beside it. The daemon's send timeout is shorter.
            next_attempt_at = greatest(p.due, case when q.uncertain_at is not null then q.processing_at + interval '1 minute' end),
            scheduled_at = case when p.is_anew or per_minute is not null then p.due else q.scheduled_at end,
            expires_at = p.due + p.expires_after,
            max_attempts = q.attempts + p.more_attempts,
            metadata = q.metadata - '{unanswered,template_used}'::text [],
            error_class = null,
            last_error = null,
            failed_at = null,
            expired_at = null,
            skipped_at = null,
            canceled_at = null
        from placed as p, counted as c
        where q.id = p.id and c.total = coalesce(expected, c.total)
        returning
            q.id, q.tenant_id, q.source_id, q.channel_id, q.recipient_kind, q.recipient, q.attempts, p.error_class,
            concat_ws(', ', 'by ' || session_user, case when per_minute is not null then format('due %s', p.due) end) as detail
    ),
    logged as (
        insert into zap.notification_logs
            (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, error_class, detail)
        select r.id, r.tenant_id, r.source_id, r.channel_id, 'info', 'requeued', 'retried', r.attempts, r.error_class, r.detail
        from requeued as r
    ),
    -- Whoever tries again may know that the number is on WhatsApp by now: the provider is asked anew.
    unknown_again as (
        delete from zap.recipient_address as a
        using requeued as r
        where a.channel_id = r.channel_id
            and a.kind = r.recipient_kind
            and a.address = r.recipient
            and a.confirmed_address is null
    )
    select (select c.total from counted as c), (select array_agg(distinct r.channel_id) from requeued as r)
    into found_count, channels;
    perform zap.wake_lanes(channels);
    return found_count;
end
$$;
comment on function zap.retry_selected(zap.queue_filter, bigint, integer) is
'Takes up again what the filter selects if that is as many as expected (null: any number), and returns how many it selects';

create function zap.retry(id bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    ended zap.queue_filter;
    held zap.queue_filter := zap.read_filter('{"status": "uncertain", "reason": "held"}', 'retry');
begin
    ended.statuses := array['failed', 'expired', 'skipped', 'canceled'];
    ended.id := coalesce(retry.id, 0);
    held.id := coalesce(retry.id, 0);
    if zap.retry_selected(ended, null, null) = 0 and zap.retry_selected(held, null, null) = 0 then
        perform zap.refuse_action('retry', retry.id);
    end if;
    return retry.id;
end
$$;
comment on function zap.retry(bigint) is
'Takes up again a notification that failed, expired, was skipped or canceled, or is held after a send without an answer. '
'Returns its id';

create function zap.retry_matching(filter jsonb, expected bigint, per_minute integer default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found_count bigint;
begin
    if per_minute <= 0 then
        raise exception 'zap.retry_matching: % per minute is no rate', per_minute
            using errcode = 'invalid_parameter_value', hint = 'A whole number above 0; null takes all of them up at once.';
    end if;
    found_count := zap.retry_selected(zap.read_filter(filter, 'retry'), coalesce(expected, -1), per_minute);
    perform zap.check_count('retry_matching', expected, found_count);
    return found_count;
end
$$;
comment on function zap.retry_matching(jsonb, bigint, integer) is
'Takes up again what matches the filter (status failed unless it says otherwise), if it is as many as '
'count_matching(filter, ''retry'') had counted; per_minute: at this rate, in the order of capture';

create view zap.dead_letters with (security_invoker = true) as
select
    q.tenant_id,
    c.name as channel,
    q.error_class,
    q.last_error as error,
    pg_catalog.count(*) as count,
    pg_catalog.min(q.failed_at) as first_failed_at,
    pg_catalog.max(q.failed_at) as last_failed_at,
    pg_catalog.max(q.id) as example_id
from zap.notification_queue as q
left join zap.channel as c on q.channel_id = c.id
where q.status = 'failed'
group by q.tenant_id, c.name, q.error_class, q.last_error;
comment on view zap.dead_letters is 'Notifications that were given up, by cause';
comment on column zap.dead_letters.tenant_id is 'Company';
comment on column zap.dead_letters.channel is 'Name of the channel of the last attempt; null: none';
comment on column zap.dead_letters.error_class is 'Class of the last error';
comment on column zap.dead_letters.error is 'The last error, numbers and secrets masked';
comment on column zap.dead_letters.count is 'How many';
comment on column zap.dead_letters.first_failed_at is 'When the first of them was given up';
comment on column zap.dead_letters.last_failed_at is 'When the last of them was given up';
comment on column zap.dead_letters.example_id is 'The latest captured of them';

revoke all on function zap.usable_channel(text, bigint) from public;
revoke all on function zap.retry_selected(zap.queue_filter, bigint, integer) from public;
revoke all on function zap.retry(bigint) from public;
revoke all on function zap.retry_matching(jsonb, bigint, integer) from public;
