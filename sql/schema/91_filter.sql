-- What an action is limited to; null: any. Read from JSON by read_filter.
create type zap.queue_filter as (
    id bigint,
    statuses text [],
    tenant_id text,
    channel_id bigint,
    source_ids bigint [],
    event text,
    error_class text,
    reason text,
    subject text,
    captured_after timestamptz,
    captured_before timestamptz,
    has_message boolean
);
comment on type zap.queue_filter is 'Which notifications an action is about';

-- No search_path of its own, so that it becomes part of the statement that calls it, where an index may serve; its names
-- were looked up when it was made.
create function zap.matches(q zap.notification_queue, f zap.queue_filter)
returns boolean
language sql stable
begin atomic
    select ((f).id is null or (q).id = (f).id)
        and ((f).statuses is null or (q).status = any ((f).statuses))
        and ((f).tenant_id is null or (q).tenant_id = (f).tenant_id)
        and ((f).channel_id is null or (q).channel_id = (f).channel_id)
        and ((f).source_ids is null or (q).source_id = any ((f).source_ids))
        and ((f).event is null or (q).event = (f).event)
        and ((f).error_class is null or (q).error_class = (f).error_class)
        and ((f).reason is null or (q).reason = (f).reason)
        and ((f).subject is null or (q).subject = (f).subject)
        and ((f).captured_after is null or (q).created_at >= (f).captured_after)
        and ((f).captured_before is null or (q).created_at < (f).captured_before)
        and ((f).has_message is null or ((q).body is not null and (q).recipient is not null) = (f).has_message);
end;
comment on function zap.matches(zap.notification_queue, zap.queue_filter) is 'True when a notification is one that the filter is about';

-- Statuses that an action applies to, those that it means when none is named first; null: no such action.
create function zap.statuses_of(action text, out usual text [], out possible text [])
language sql immutable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        a.usual::text [],
        a.possible::text []
    from (
        values
        ('cancel', '{pending,retrying,uncertain}', '{pending,retrying,uncertain}'),
        ('retry', '{failed}', '{failed,expired,skipped,canceled,uncertain}'),
        ('resend', '{sent,delivered,read}', '{sent,delivered,read,failed,expired,skipped,canceled}'),
        (
            'list', null,
            '{pending,processing,sent,delivered,read,retrying,uncertain,failed,canceled,skipped,expired}'
        )
    ) as a (action, usual, possible)
    where a.action = $1;
end;
comment on function zap.statuses_of(text) is 'Statuses that an action applies to';

-- One text out of a filter; an ERROR when it is there and is none.
create function zap.filter_text(filter jsonb, key text)
returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if filter ? key and (jsonb_typeof(filter -> key) <> 'string' or filter ->> key = '') then
        raise exception 'zap: % of a filter is not a text', key
            using errcode = 'invalid_parameter_value', hint = 'Leave out what does not matter: {"status": "failed", "tenant": "1"}';
    end if;
    return filter ->> key;
end
$$;
comment on function zap.filter_text(jsonb, text) is 'One text out of a filter';

create function zap.filter_time(filter jsonb, key text)
returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return zap.filter_text(filter, key)::timestamptz;
exception
    when data_exception then
        raise exception 'zap: % of a filter is not a time: %', key, filter -> key
            using errcode = 'invalid_parameter_value', hint = 'Write it like "2026-11-20 18:00-03".';
end
$$;
comment on function zap.filter_time(jsonb, text) is 'One time out of a filter';

-- Statuses named in a filter, one or an array of them, as far as the action applies to them.
create function zap.filter_statuses(filter jsonb, action text)
returns text []
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    given jsonb := case when jsonb_typeof(filter -> 'status') = 'string' then jsonb_build_array(filter -> 'status') else filter -> 'status' end;
    every text [] := (zap.statuses_of('list')).possible;
    allowed text [] := (zap.statuses_of(action)).possible;
    status text;
begin
    if not filter ? 'status' then
        return case
            when action = 'retry' and filter ->> 'reason' = 'held' then array['uncertain']
            else (zap.statuses_of(action)).usual
        end;
    end if;
    if jsonb_typeof(given) <> 'array' or jsonb_array_length(given) = 0 then
        raise exception 'zap: status of a filter is neither a text nor an array of them'
            using errcode = 'invalid_parameter_value', hint = '{"status": "failed"} or {"status": ["failed", "expired"]}';
    end if;
    for status in select e.value #>> '{}' from jsonb_array_elements(given) as e loop
        if status is null or status <> all(every) then
            raise exception 'zap: there is no status %', coalesce(status, 'null')
                using errcode = 'invalid_parameter_value', hint = 'Statuses: ' || array_to_string(every, ', ');
        end if;
        if status <> all(allowed) then
            raise exception 'zap: what is % is nothing to %', status, action
                using errcode = 'invalid_parameter_value', hint = format('To %s there is: %s', action, array_to_string(allowed, ', '));
        end if;
    end loop;
    return array(select e.value #>> '{}' from jsonb_array_elements(given) as e);
end
$$;
comment on function zap.filter_statuses(jsonb, text) is 'Statuses of a filter, or those that the action means without one';

create function zap.read_filter(filter jsonb, action text)
returns zap.queue_filter
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    known constant text [] := array[
        'status', 'tenant', 'channel', 'source', 'event', 'error_class', 'reason', 'subject', 'captured_after', 'captured_before'
    ];
    classes constant text [] := array[
        'transient', 'throttled', 'recipient_invalid', 'window_closed', 'opted_out', 'channel_auth', 'channel_down', 'rejected',
        'uncertain', 'source_error'
    ];
    unknown text;
    f zap.queue_filter;
begin
    if (zap.statuses_of(action)).possible is null then
        raise exception 'zap: there is no action %', coalesce(action, 'null')
            using errcode = 'invalid_parameter_value', hint = 'cancel, retry, resend or list.';
    end if;
    if jsonb_typeof(filter) is distinct from 'object' then
        raise exception 'zap: a filter is a JSON object'
            using errcode = 'invalid_parameter_value', hint = 'For example {"status": "failed", "tenant": "1"}; {} for all.';
    end if;
    select k.key into unknown from jsonb_object_keys(filter) as k (key) where k.key <> all(known) order by 1 limit 1;
    if unknown is not null then
        raise exception 'zap: a filter has no key "%"', unknown
            using errcode = 'invalid_parameter_value', hint = 'Keys: ' || array_to_string(known, ', ');
    end if;
    f.statuses := zap.filter_statuses(filter, action);
    f.tenant_id := zap.filter_text(filter, 'tenant');
    f.event := zap.filter_text(filter, 'event');
    f.error_class := zap.filter_text(filter, 'error_class');
    f.reason := zap.filter_text(filter, 'reason');
    f.subject := zap.filter_text(filter, 'subject');
    f.captured_after := zap.filter_time(filter, 'captured_after');
    f.captured_before := zap.filter_time(filter, 'captured_before');
    if f.error_class <> all(classes) then
        raise exception 'zap: there is no error class %', f.error_class
            using errcode = 'invalid_parameter_value', hint = 'Classes: ' || array_to_string(classes, ', ');
    end if;
    if f.tenant_id is not null and not exists (select from zap.tenant as t where t.id = f.tenant_id) then
        raise exception 'zap: there is no tenant %', f.tenant_id
            using errcode = 'no_data_found', hint = 'A tenant is a company''s id in your tables: select id, name from zap.tenant;';
    end if;
    if filter ? 'channel' then
        select c.id into f.channel_id from zap.channel as c where c.name = zap.filter_text(filter, 'channel');
        if f.channel_id is null then
            raise exception 'zap: there is no channel %', filter ->> 'channel'
                using errcode = 'no_data_found', hint = 'Channels: zapgres channel list, or select name from zap.channel;';
        end if;
    end if;
    if filter ? 'source' then
        f.source_ids := zap.sources_named(zap.filter_text(filter, 'source'));
    end if;
    -- What waits after a send without an answer is repeated anyway, unless it is held.
    if action = 'retry' and 'uncertain' = any(f.statuses) and (cardinality(f.statuses) > 1 or f.reason is distinct from 'held') then
        raise exception 'zap: what is uncertain is repeated by itself, unless it is held'
            using errcode = 'invalid_parameter_value', hint = '{"status": "uncertain", "reason": "held"}';
    end if;
    if action = 'resend' then
        f.has_message := true;
    end if;
    return f;
end
$$;
comment on function zap.read_filter(jsonb, text) is 'Reads a filter; an ERROR about what it cannot mean';

-- Candidates: whoever changes them looks again at what they are by then. Each branch names the statuses of the partial index that
-- may serve it; what has left them is looked for in the whole table. With newest: only as many of each branch, the latest captured.
create function zap.matching_ids(f zap.queue_filter, newest bigint default null)
returns setof bigint
language plpgsql stable rows 100
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
begin
    if f.id is not null then
        return next f.id;
    elsif f.statuses <@ array['pending', 'retrying', 'uncertain'] then
        return query
        (
            select q.id from zap.notification_queue as q
            where q.resolved_at is not null and q.status in ('pending', 'retrying', 'uncertain') and zap.matches(q, f)
            order by case when newest is not null then q.id end desc
            limit newest
        )
        union all
        (
            select q.id from zap.notification_queue as q
            where q.resolved_at is null and zap.matches(q, f)
            order by case when newest is not null then q.id end desc
            limit newest
        );
    elsif f.statuses <@ array['processing', 'retrying', 'uncertain', 'failed'] then
        return query
        select q.id from zap.notification_queue as q
        where q.status in ('processing', 'retrying', 'uncertain', 'failed') and zap.matches(q, f)
        order by case when newest is not null then q.id end desc
        limit newest;
    else
        return query
        select q.id from zap.notification_queue as q
        where zap.matches(q, f)
        order by case when newest is not null then q.id end desc
        limit newest;
    end if;
end
$$;
comment on function zap.matching_ids(zap.queue_filter, bigint) is 'Ids of the notifications that a filter is about';

create function zap.count_matching(filter jsonb, action text default 'list')
returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select count(*) from zap.matching_ids(zap.read_filter(filter, action));
end;
comment on function zap.count_matching(jsonb, text) is
'How many notifications cancel, retry or resend would change with this filter, or list would show. Keys: status, tenant, channel, '
'source, event, error_class, reason, subject, captured_after, captured_before';

create function zap.list_matching(filter jsonb, newest bigint default 50)
returns setof zap.notification_queue
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select q.*
    from zap.matching_ids(zap.read_filter(filter, 'list'), newest) as m (id)
    inner join zap.notification_queue as q on m.id = q.id
    order by q.id desc
    limit newest;
end
$$;
comment on function zap.list_matching(jsonb, bigint) is 'The latest notifications that a filter is about';

-- An ERROR that says why an action does not apply to a notification.
create function zap.refuse_action(action text, id bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known zap.notification_queue;
begin
    select q.* into known from zap.notification_queue as q where q.id = refuse_action.id;
    if known.id is null then
        raise exception 'zap.%: there is no notification %', action, coalesce(id::text, 'null')
            using errcode = 'no_data_found', hint = 'The id is the one of zap.notification_queue; rows in a final state are removed after a while.';
    elsif known.status = 'processing' then
        raise exception 'zap.%: notification % is in flight', action, id
            using errcode = 'object_not_in_prerequisite_state', hint = 'Look again when the provider has answered.';
    elsif known.status in ('sent', 'delivered', 'read') then
        raise exception 'zap.%: notification % was sent already', action, id
            using errcode = 'object_not_in_prerequisite_state', hint = format('To send it once more: zapgres queue resend %s', id);
    elsif action = 'resend' and (known.body is null or known.recipient is null)
        and known.status not in ('pending', 'retrying', 'uncertain') then
        raise exception 'zap.%: notification % is % and has no message yet', action, id, known.status
            using errcode = 'object_not_in_prerequisite_state', hint = format('To have it made: zapgres queue retry %s', id);
    elsif action = 'cancel' then
        raise exception 'zap.%: notification % is % already', action, id, known.status
            using errcode = 'object_not_in_prerequisite_state', hint = 'There is nothing left to cancel.';
    else
        raise exception 'zap.%: notification % waits to be sent anyway (%)', action, id, known.status
            using errcode = 'object_not_in_prerequisite_state', hint = format('When and why: zapgres queue show %s', id);
    end if;
end
$$;
comment on function zap.refuse_action(text, bigint) is 'Says why an action does not apply to a notification';

-- An ERROR unless as many notifications matched as the asker had counted.
create function zap.check_count(action text, expected bigint, matching bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if matching is distinct from expected then
        raise exception 'zap.%: nothing was changed: % notifications match, not %', action, matching, coalesce(expected::text, 'null')
            using errcode = 'object_not_in_prerequisite_state', detail = matching::text,
            hint = 'Count again with zap.count_matching(filter, action); pause the channel first if they keep changing.';
    end if;
end
$$;
comment on function zap.check_count(text, bigint, bigint) is 'Refuses to change another number of notifications than was counted';

revoke all on function zap.matches(zap.notification_queue, zap.queue_filter) from public;
revoke all on function zap.statuses_of(text) from public;
revoke all on function zap.filter_text(jsonb, text) from public;
revoke all on function zap.filter_time(jsonb, text) from public;
revoke all on function zap.filter_statuses(jsonb, text) from public;
revoke all on function zap.read_filter(jsonb, text) from public;
revoke all on function zap.matching_ids(zap.queue_filter, bigint) from public;
revoke all on function zap.count_matching(jsonb, text) from public;
revoke all on function zap.list_matching(jsonb, bigint) from public;
revoke all on function zap.refuse_action(text, bigint) from public;
revoke all on function zap.check_count(text, bigint, bigint) from public;
