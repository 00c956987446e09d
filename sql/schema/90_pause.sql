-- Wakes every daemon, and the lanes of these channels wherever they are.
create function zap.wake_lanes(channels bigint [])
returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select pg_notify('zapgres', '');
    select pg_notify('zapgres_lanes', c.id::text) from unnest(channels) as c (id) where c.id is not null;
end;
comment on function zap.wake_lanes(bigint []) is 'Tells daemons that something has changed for these channels';

-- One row of the log about something other than a notification.
create function zap.log_control(event text, tenant_id text, source_id bigint, channel_id bigint, what text)
returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    insert into zap.notification_logs (tenant_id, source_id, channel_id, level, event, code, detail)
    values (tenant_id, source_id, channel_id, 'info', event, event, format('%s, by %s', what, session_user));
end;
comment on function zap.log_control(text, text, bigint, bigint, text) is 'Writes into the log what a person did, and who';

create function zap.set_channel_pause(action text, name text, paused boolean)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found_channel zap.channel;
begin
    update zap.channel as c set paused_at = case when paused then clock_timestamp() end
    where c.name = set_channel_pause.name and (c.paused_at is not null) <> paused
    returning c.* into found_channel;
    if found_channel.id is null then
        if exists (select from zap.channel as c where c.name = set_channel_pause.name) then
            return false;
        end if;
        raise exception 'zap.%: there is no channel %', action, coalesce(name, 'null')
            using errcode = 'no_data_found', hint = 'Channels: zapgres channel list, or select name from zap.channel;';
    end if;
    perform zap.log_control(
        case when paused then 'paused' else 'resumed' end, found_channel.tenant_id, null, found_channel.id, 'channel ' || name
    );
    perform zap.wake_lanes(array[found_channel.id]);
    return true;
end
$$;
comment on function zap.set_channel_pause(text, text, boolean) is 'Pauses or resumes a channel';

create function zap.pause_channel(name text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_channel_pause('pause_channel', name, true);
end;
comment on function zap.pause_channel(text) is
'Lets a channel''s notifications wait; they expire as they would otherwise. false: it was paused already';

create function zap.resume_channel(name text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_channel_pause('resume_channel', name, false);
end;
comment on function zap.resume_channel(text) is 'Ends a channel''s pause. false: it was not paused';

create function zap.set_tenant_pause(action text, id text, paused boolean)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update zap.tenant as t set paused_at = case when paused then clock_timestamp() end
    where t.id = set_tenant_pause.id and (t.paused_at is not null) <> paused;
    if not found then
        if exists (select from zap.tenant as t where t.id = set_tenant_pause.id) then
            return false;
        end if;
        raise exception 'zap.%: there is no tenant %', action, coalesce(id, 'null')
            using errcode = 'no_data_found', hint = 'A tenant is a company''s id in your tables: select id, name from zap.tenant;';
    end if;
    perform zap.log_control(case when paused then 'paused' else 'resumed' end, id, null, null, 'tenant ' || id);
    perform zap.wake_lanes(array(select c.id from zap.channel as c where c.tenant_id = set_tenant_pause.id));
    return true;
end
$$;
comment on function zap.set_tenant_pause(text, text, boolean) is 'Pauses or resumes a tenant';

create function zap.pause_tenant(id text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_tenant_pause('pause_tenant', id, true);
end;
comment on function zap.pause_tenant(text) is
'Lets a tenant''s notifications wait; they expire as they would otherwise. false: it was paused already';

create function zap.resume_tenant(id text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_tenant_pause('resume_tenant', id, false);
end;
comment on function zap.resume_tenant(text) is 'Ends a tenant''s pause. false: it was not paused';

-- Sources by their table as people write it: with its schema or without, quoted or not. An ERROR when that is none, or
-- tables in several schemas.
create function zap.sources_named(name text)
returns bigint []
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    ids bigint [];
    relations text [];
begin
    select array_agg(s.id order by s.id), array_agg(distinct s.relation) into ids, relations
    from zap.source as s
    cross join lateral parse_ident(s.relation) as part
    where name in (s.relation, array_to_string(part, '.'), part[cardinality(part)], quote_ident(part[cardinality(part)]));
    if ids is null then
        raise exception 'zap: there is no source %', coalesce(name, 'null')
            using errcode = 'no_data_found', hint = 'A source is an attached table: select relation, event from zap.source;';
    end if;
    if cardinality(relations) > 1 then
        raise exception 'zap: % could be each of %', name, array_to_string(relations, ', ')
            using errcode = 'ambiguous_parameter', hint = 'Write the table with its schema.';
    end if;
    return ids;
end
$$;
comment on function zap.sources_named(text) is 'Ids of the sources of a table, one per event';

create function zap.set_source_pause(action text, relation text, event text, paused boolean)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    ids bigint [] := zap.sources_named(relation);
    changed record;
    any_changed boolean := false;
begin
    if event is not null and not exists (
        select from zap.source as s where s.id = any(ids) and s.event = set_source_pause.event
    ) then
        raise exception 'zap.%: % has no event %', action, relation, event
            using errcode = 'no_data_found', hint = 'Events: select relation, event from zap.source;';
    end if;
    for changed in
        update zap.source as s set paused_at = case when paused then clock_timestamp() end
        where s.id = any(ids) and (set_source_pause.event is null or s.event = set_source_pause.event)
            and (s.paused_at is not null) <> paused
        returning s.id, s.relation, s.event
    loop
        any_changed := true;
        perform zap.log_control(
            case when paused then 'paused' else 'resumed' end, null, changed.id, null,
            format('source %s, %s', changed.relation, changed.event)
        );
    end loop;
    return any_changed;
end
$$;
comment on function zap.set_source_pause(text, text, text, boolean) is 'Pauses or resumes a table''s sources';

create function zap.pause_source(relation text, event text default null)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_source_pause('pause_source', relation, event, true);
end;
comment on function zap.pause_source(text, text) is
'Lets the notifications of an attached table wait, of one event or all; they expire as they would otherwise. '
'false: it was paused already';

-- The row lock on the source, held since the statement before, is what lanes take shared while they put a notification
-- aside: whatever they put aside under the pause is visible here, and afterwards they put none aside. What has lost its
-- channel meanwhile is found beside the channels; what still names one that is gone is due again once it has another one.
create function zap.resume_source(relation text, event text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    resumed boolean := zap.set_source_pause('resume_source', relation, event, false);
    ids bigint [] := zap.sources_named(relation);
    channels bigint [];
begin
    with aside as materialized (
        select q.id
        from zap.channel as c
        inner join zap.notification_queue as q on c.id = q.channel_id
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.next_attempt_at = 'infinity'
            and q.reason = 'source_paused'
            and q.source_id = any(ids)
        union all
        select q.id
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id is null
            and q.next_attempt_at = 'infinity'
            and q.reason = 'source_paused'
            and q.source_id = any(ids)
    ),
    due as (
        update zap.notification_queue as q
        set
            next_attempt_at = greatest(q.created_at, coalesce(q.scheduled_at, q.created_at)),
            reason = case when q.channel_id is null then 'no_channel' end
        from aside as a
        where q.id = a.id
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.reason = 'source_paused'
            and exists (select from zap.source as s where s.id = q.source_id and s.paused_at is null)
        returning q.channel_id
    )
    select array_agg(distinct d.channel_id) into channels from due as d;
    perform zap.wake_lanes(channels);
    return resumed;
end
$$;
comment on function zap.resume_source(text, text) is
'Ends the pause of an attached table: what waited because of it is due again. false: it was not paused';

revoke all on function zap.wake_lanes(bigint []) from public;
revoke all on function zap.log_control(text, text, bigint, bigint, text) from public;
revoke all on function zap.set_channel_pause(text, text, boolean) from public;
revoke all on function zap.pause_channel(text) from public;
revoke all on function zap.resume_channel(text) from public;
revoke all on function zap.set_tenant_pause(text, text, boolean) from public;
revoke all on function zap.pause_tenant(text) from public;
revoke all on function zap.resume_tenant(text) from public;
revoke all on function zap.sources_named(text) from public;
revoke all on function zap.set_source_pause(text, text, text, boolean) from public;
revoke all on function zap.pause_source(text, text) from public;
revoke all on function zap.resume_source(text, text) from public;
