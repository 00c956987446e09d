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

create function zap.why_channel_waits(channel_id bigint, out code text, out since timestamptz, out until timestamptz, out detail text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    channel zap.channel;
    state zap.channel_state;
    health zap.channel_health;
    today date;
begin
    select c.* into channel from zap.channel as c where c.id = why_channel_waits.channel_id;
    select s.* into state from zap.channel_state as s where s.channel_id = channel.id;
    select h.* into health from zap.channel_health as h where h.channel_id = channel.id;
    select (clock_timestamp() at time zone zap.known_timezone(t.timezone))::date into today
    from zap.tenant as t where t.id = channel.tenant_id;
    code := case
        when channel.id is null then 'no_channel'
        when not channel.enabled then 'channel_disabled'
        when channel.paused_at is not null then 'channel_paused'
        when health.connection in ('awaits_pairing', 'disconnected') then 'disconnected'
        when state.breaker <> 'closed' then 'breaker_open'
        when not exists (
            select from zap.daemon as d where d.name = state.lease_owner and d.lease_until > clock_timestamp()
        ) then 'no_lease'
        when state.sent_on = today and state.sent_count >= channel.daily_cap then 'channel_cap'
    end;
    since := case code
        when 'channel_paused' then channel.paused_at
        when 'disconnected' then health.connection_since
        when 'breaker_open' then state.breaker_opened_at
    end;
    until := case code when 'breaker_open' then state.breaker_probe_at end;
    detail := case code when 'disconnected' then health.detail when 'breaker_open' then state.breaker_reason end;
end
$$;
comment on function zap.why_channel_waits(bigint) is 'What keeps a channel from sending now; null: nothing';

revoke all on function zap.is_adopted() from public;
revoke all on function zap.why_waits(zap.notification_queue) from public;
revoke all on function zap.why_tenant_waits(text) from public;
revoke all on function zap.why_channel_waits(bigint) from public;
