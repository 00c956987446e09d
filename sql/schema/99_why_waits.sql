create function zap.is_adopted()
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return not exists (
    select 1
    from zap.installation as i
    cross join zap.this_installation() as here
    where (i.system_identifier, i.database_oid, i.data_directory)
        is distinct from (here.system_identifier, here.database_oid, here.data_directory)
);
comment on function zap.is_adopted() is 'False in a copy of a database elsewhere, which sends nothing';

-- The first that applies, in the order in which they would be in the way.
create function zap.why_waits(q zap.notification_queue, out code text, out since timestamptz, out until timestamptz, out detail text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if q.status = 'processing' then
        code := 'in_flight';
        since := q.processing_at;
        return;
    end if;
    if not zap.is_adopted() then
        code := 'not_adopted';
        return;
    end if;
    if not exists (select from zap.daemon as d where d.lease_until > clock_timestamp()) then
        code := 'no_daemon';
        return;
    end if;
    -- What intake or a lane has decided, and keeps to until it is due.
    if q.reason not in ('source_paused', 'no_channel', 'channel_down', 'window_closed', 'swept') then
        code := q.reason;
        until := nullif(q.next_attempt_at, 'infinity');
        return;
    end if;
    if q.resolved_at is not null then
        select 'source_paused', s.paused_at into code, since
        from zap.source as s where s.id = q.source_id and s.paused_at is not null;
        if code is null then
            select w.code, w.since into code, since from zap.why_tenant_waits(q.tenant_id) as w;
        end if;
        if code is null then
            select w.code, w.since, w.until, w.detail into code, since, until, detail
            from zap.why_channel_waits(q.channel_id) as w;
        end if;
        if code is not null then
            return;
        end if;
    end if;
    since := coalesce(q.processing_at, q.resolved_at, q.created_at);
    until := q.next_attempt_at;
    code := case
        when q.next_attempt_at > clock_timestamp() then 'due_later'
        when q.resolved_at is null then 'not_looked_at'
        else 'waiting'
    end;
end
$$;
comment on function zap.why_waits(zap.notification_queue) is
'What a notification that is not sent yet waits for now, since when, and until when as far as that is known';

create function zap.why_tenant_waits(tenant_id text, out code text, out since timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    tenant zap.tenant;
    switched_on jsonb;
begin
    select t.* into tenant from zap.tenant as t where t.id = why_tenant_waits.tenant_id;
    select s.value into switched_on
    from zap.setting as s
    where s.key = 'sending.enabled' and coalesce(s.tenant_id, tenant.id) = tenant.id
    order by s.tenant_id is null
    limit 1;
    since := tenant.paused_at;
    code := case
        when not tenant.enabled then 'tenant_disabled'
        when tenant.paused_at is not null then 'tenant_paused'
        when switched_on <> 'true' then 'sending_off'
    end;
end
$$;
comment on function zap.why_tenant_waits(text) is 'What keeps a company from sending now; null: nothing';

-- Who has locked a row keeps the number of its transaction there. A daemon's own transactions are short.
create function zap.locks_of_channel(channel text)
returns table (pid integer, application_name text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        l.pid,
        a.application_name
    from zap.channel as c
    inner join zap.channel_state as s on c.id = s.channel_id
    inner join pg_locks as l on l.transactionid = s.xmax and l.granted and l.mode = 'ExclusiveLock'
    inner join pg_stat_activity as a on l.pid = a.pid
    where c.name = channel and a.application_name not like 'zapgres%';
end;
comment on function zap.locks_of_channel(text) is
'Sessions whose open transaction keeps the channel of this name from being used';

create function zap.why_channel_waits(channel_id bigint, out code text, out since timestamptz, out until timestamptz, out detail text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    channel zap.channel;
    state zap.channel_state;
    health zap.channel_health;
    today date;
    zone text;
    age integer;
    allowed integer;
begin
    select c.* into channel from zap.channel as c where c.id = why_channel_waits.channel_id;
    select s.* into state from zap.channel_state as s where s.channel_id = channel.id;
    select h.* into health from zap.channel_health as h where h.channel_id = channel.id;
    select zap.known_timezone(t.timezone) into zone from zap.tenant as t where t.id = channel.tenant_id;
    today := (clock_timestamp() at time zone zone)::date;
    age := today - (channel.created_at at time zone zone)::date;
    -- As lanes count.
    allowed := case
        when channel.warm_up_days > age
            then channel.warm_up_from
                + (channel.daily_cap - channel.warm_up_from)::bigint * greatest(age, 0) / channel.warm_up_days
        else channel.daily_cap
    end;
    select string_agg(format('session %s, %s', l.pid, coalesce(nullif(l.application_name, ''), 'no application')), '; ' order by l.pid)
    into detail from zap.locks_of_channel(channel.name) as l;
    code := case
        when channel.id is null then 'no_channel'
        when not channel.enabled then 'channel_disabled'
        when channel.paused_at is not null then 'channel_paused'
        when health.connection in ('awaits_pairing', 'disconnected') then 'disconnected'
        when state.breaker <> 'closed' then 'breaker_open'
        when detail is not null then 'channel_locked'
        when not exists (
            select from zap.daemon as d where d.name = state.lease_owner and d.lease_until > clock_timestamp()
        ) then 'no_lease'
        when state.sent_on = today and state.sent_count >= allowed then 'channel_cap'
    end;
    since := case code
        when 'channel_paused' then channel.paused_at
        when 'disconnected' then health.connection_since
        when 'breaker_open' then state.breaker_opened_at
    end;
    until := case code when 'breaker_open' then state.breaker_probe_at end;
    detail := case code
        when 'disconnected' then health.detail
        when 'breaker_open' then state.breaker_reason
        when 'channel_locked' then detail
    end;
end
$$;
comment on function zap.why_channel_waits(bigint) is 'What keeps a channel from sending now; null: nothing';

revoke all on function zap.is_adopted() from public;
revoke all on function zap.why_waits(zap.notification_queue) from public;
revoke all on function zap.why_tenant_waits(text) from public;
revoke all on function zap.locks_of_channel(text) from public;
revoke all on function zap.why_channel_waits(bigint) from public;
