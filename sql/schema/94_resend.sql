-- A key that no notification of the source has yet. Volatile, so that it sees what others have committed since. Its caller's
-- plan_cache_mode would have it planned anew for each row.
create function zap.resend_key(original text, of_resend boolean, source_id bigint)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    root text := case when of_resend then regexp_replace(original, ':resend:[0-9]+$', '') else original end;
    number bigint := 1;
begin
    while exists (
        select from zap.notification_queue as q
        where q.dedup_key = root || ':resend:' || number and q.source_id is not distinct from resend_key.source_id
    ) loop
        number := number + 1;
    end loop;
    return root || ':resend:' || number;
end
$$;
comment on function zap.resend_key(text, boolean, bigint) is 'The next free key of a repeated notification: event:subject:resend:N';

create function zap.resend_selected(f zap.queue_filter, expected bigint, out found_count bigint, out latest_id bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set lock_timeout = '10s'
as $$
declare
    begins timestamptz := clock_timestamp();
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
        select (k.now).*
        from known as k
        where zap.matches(k.now, f)
    ),
    counted as materialized (select count(*) as total from selected),
    -- With the whole row: joined by id afterwards, each would be compared with each.
    placed as materialized (
        select
            s.*, zap.usable_channel(s.tenant_id, s.channel_id) as new_channel_id,
            coalesce(o.expires_after, interval '24 hours') as new_expires_after, coalesce(o.max_attempts, 8) as new_max_attempts
        from selected as s
        left join zap.source as o on s.source_id = o.id
    ),
    resent as (
        insert into zap.notification_queue (
            public_id, source_id, event, subject, dedup_key, resend_of, tenant_id, channel_id, recipient, recipient_kind, kind,
            payload, body, template_version, metadata, priority, reason, max_attempts, created_at, next_attempt_at, expires_at,
            resolved_at
        )
        select
            gen_random_uuid(), p.source_id, p.event, p.subject, zap.resend_key(p.dedup_key, p.resend_of is not null, p.source_id),
            p.id, p.tenant_id, p.new_channel_id, p.recipient, p.recipient_kind, p.kind,
            p.payload - 'counted', p.body, p.template_version, p.metadata - '{unanswered,repeat_possible,accepted,template_used}'::text [],
            p.priority,
            case when p.new_channel_id is null then 'no_channel' end, p.new_max_attempts, begins, begins,
            begins + p.new_expires_after, begins
        from placed as p
        cross join counted as c
        where c.total = coalesce(expected, c.total)
        returning id, resend_of, tenant_id, source_id, channel_id
    ),
    logged as (
        insert into zap.notification_logs (notification_id, tenant_id, source_id, channel_id, level, event, code, detail)
        select e.notification_id, r.tenant_id, r.source_id, r.channel_id, 'info', 'resent', 'resent', e.what || ', by ' || session_user
        from resent as r
        cross join lateral (values (r.resend_of, 'as ' || r.id), (r.id, 'repeats ' || r.resend_of)) as e (notification_id, what)
    )
    select
        (select c.total from counted as c), (select max(r.id) from resent as r),
        (select array_agg(distinct r.channel_id) from resent as r)
    into found_count, latest_id, channels;
    perform zap.wake_lanes(channels);
end
$$;
comment on function zap.resend_selected(zap.queue_filter, bigint) is
'Repeats what the filter selects if that is as many as expected (null: any number); returns how many it selects';

create function zap.resend(id bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    f zap.queue_filter;
    done record;
begin
    f.id := coalesce(resend.id, 0);
    f.statuses := (zap.statuses_of('resend')).possible;
    f.has_message := true;
    select s.* into done from zap.resend_selected(f, null) as s;
    if done.found_count = 0 then
        perform zap.refuse_action('resend', resend.id);
    end if;
    return done.latest_id;
end
$$;
comment on function zap.resend(bigint) is
'Sends a notification once more, as a new one that points to it. Returns the new one''s id';

create function zap.resend_matching(filter jsonb, expected bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found_count bigint := (zap.resend_selected(zap.read_filter(filter, 'resend'), coalesce(expected, -1))).found_count;
begin
    perform zap.check_count('resend_matching', expected, found_count);
    return found_count;
end
$$;
comment on function zap.resend_matching(jsonb, bigint) is
'Sends once more what matches the filter (what was sent, unless it says otherwise), if it is as many as '
'count_matching(filter, ''resend'') had counted';

revoke all on function zap.resend_key(text, boolean, bigint) from public;
revoke all on function zap.resend_selected(zap.queue_filter, bigint) from public;
revoke all on function zap.resend(bigint) from public;
revoke all on function zap.resend_matching(jsonb, bigint) from public;
