-- Events that an application tells of itself.

-- The source whose orders an event is about, where the caller does not name it: one that produces the event, else the one
-- that is attached, rows that are announced by themselves (reviews, for example) left aside. Null: nothing is attached.
create function zap.source_of_event(event text, relation text)
returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    chosen bigint;
    tables bigint;
begin
    with known as (
        select
            k.id, k.captures, k.event, k.context_query, coalesce(k.order_relation, k.relation) as orders,
            k.event = source_of_event.event or exists (
                select 1 from jsonb_each_text(k.events) as e where e.value = source_of_event.event
            ) as produces
        from zap.source as k
        where k.captures <> 'notify'
            and case
                when source_of_event.relation is null then k.detached_at is null
                else k.id = any (zap.sources_named(source_of_event.relation))
            end
    ),
    ranked as (
        -- Nobody says which: the table that has the event, else the one whose orders are announced.
        select k.*, rank() over (order by t.produces desc, t.has_orders desc) as place
        from known as k
        inner join (
            select
                o.orders, bool_or(o.produces) as produces,
                bool_or(o.captures = 'first_item' or o.event like 'order\_%') as has_orders
            from known as o group by o.orders
        ) as t on k.orders = t.orders
    )
    select
        (array_agg(r.id order by r.produces desc, r.context_query is null, r.captures <> 'first_item', r.id))[1],
        count(distinct r.orders)
    into chosen, tables
    from ranked as r
    where r.place = 1;
    if tables > 1 then
        raise exception 'zap.notify: cannot tell which table the subject of "%" is in', event
            using errcode = 'ambiguous_parameter', hint = 'Name it: zap.notify(…, source => ''pedido_itens'').';
    end if;
    return chosen;
end
$$;
comment on function zap.source_of_event(text, text) is 'Id of the source whose context query knows the subjects of an event';

-- What is told with a context of its own has no table: one source stands for all of it, made when it is first needed.
create function zap.notify_source()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found bigint;
begin
    select s.id into found from zap.source as s where s.captures = 'notify';
    if found is null then
        insert into zap.source as s (relation, captures, key_columns, key_types, event, settle, max_settle)
        values ('zap.notify', 'notify', '{}', '{}', 'notify', '0', '0')
        on conflict (relation, event) do update set relation = excluded.relation
        returning s.id into found;
    end if;
    return found;
end
$$;
comment on function zap.notify_source() is 'Id of the source of what is told with a context of its own';

create function zap.notify(
    event text,
    subject text,
    source text default null,
    context jsonb default null,
    recipient text default null,
    tenant text default null,
    audience text default null,
    scheduled_at timestamptz default null,
    priority smallint default 0
)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    told_source bigint;
    new_id bigint;
begin
    perform zap.check_told(notify.event, notify.subject, notify.source, notify.context, notify.audience);
    if not isfinite(notify.scheduled_at) then
        raise exception 'zap.notify: scheduled_at is no time at which a message could be sent'
            using errcode = 'invalid_parameter_value', hint = 'For example scheduled_at => now() + interval ''1 hour''; without it, at once.';
    end if;
    told_source := case when notify.context is null then zap.source_of_event(notify.event, notify.source) else zap.notify_source() end;
    if told_source is null then
        raise exception 'zap.notify: nothing is known of subject %: no table is attached', notify.subject
            using errcode = 'no_data_found',
            hint = 'Attach the table of the orders (zap.attach), or give context => ''{"order": {"number": "12"}}'' and recipient => ''+55…''.';
    end if;
    perform zap.check_subject(told_source, notify.subject);
    insert into zap.notification_queue (source_id, event, subject, dedup_key, payload, scheduled_at, next_attempt_at, priority)
    values (
        told_source, notify.event, notify.subject, concat_ws(':', '@' || notify.audience, notify.event, notify.subject),
        nullif(jsonb_strip_nulls(jsonb_build_object(
            'recipient', notify.recipient, 'tenant', notify.tenant, 'audience', notify.audience
        )) || case when notify.context is null then '{}' else jsonb_build_object('context', notify.context) end, '{}'),
        notify.scheduled_at, greatest(clock_timestamp(), notify.scheduled_at), coalesce(notify.priority, 0::smallint)
    )
    on conflict (dedup_key, source_id) do nothing
    returning id into new_id;
    if new_id is not null then
        perform zap.request_wake();
    end if;
    return new_id;
end
$$;
comment on function zap.notify(text, text, text, jsonb, text, text, text, timestamptz, smallint) is
'Announces an event about a subject once, as the application asks: of an attached table, or with a context and recipient of its '
'own. Returns the notification''s id; null: it was announced before';

-- By its form alone: a cast to a type of somebody else's would run what that person wrote.
create function zap.check_subject(source_id bigint, subject text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    known zap.source;
    fits boolean;
begin
    select s.* into known from zap.source as s where s.id = check_subject.source_id;
    fits := case
        when cardinality(known.key_types) <> 1 then true
        when known.key_types[1] in ('smallint', 'integer', 'bigint') then subject ~ '^(0|-?[1-9][0-9]{0,18})$'
        when known.key_types[1] = 'uuid' then subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        else true
    end;
    if not fits then
        raise exception 'zap.notify: % cannot be the key of %, which is of type %',
            subject, coalesce(known.order_relation, known.relation), known.key_types[1]
            using errcode = 'invalid_parameter_value',
            hint = 'The subject is the id of the order, as the database writes it, not its number.';
    end if;
end
$$;
comment on function zap.check_subject(bigint, text) is 'Refuses a subject that no row of a source can have';

create function zap.check_told(event text, subject text, source text, context jsonb, audience text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(event, '') !~ '^[a-z][a-z0-9_:.-]*$' then
        raise exception 'zap.notify: % is not the name of an event', coalesce(event, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Small letters, digits and _ : . -, such as order_ready.';
    end if;
    if coalesce(subject, '') !~ '\S' then
        raise exception 'zap.notify: no subject given'
            using errcode = 'invalid_parameter_value', hint = 'The id of the order, as text: zap.notify(''order_ready'', ''42'').';
    end if;
    if audience !~ '^[a-z][a-z0-9_]*$' then
        raise exception 'zap.notify: % is not the name of an audience', audience
            using errcode = 'invalid_parameter_value', hint = 'customer, shop, courier, or one of your own in small letters.';
    end if;
    if jsonb_typeof(context) <> 'object' then
        raise exception 'zap.notify: the context is no JSON object'
            using errcode = 'invalid_parameter_value', hint = 'For example {"order": {"number": "12"}, "customer": {"name": "Ana"}}.';
    end if;
    if context is not null and source is not null then
        raise exception 'zap.notify: either a source or a context, not both'
            using errcode = 'invalid_parameter_value', hint = 'A source has a query for its context.';
    end if;
end
$$;
comment on function zap.check_told(text, text, text, jsonb, text) is 'Refuses what zap.notify cannot announce';

revoke all on function zap.source_of_event(text, text) from public;
revoke all on function zap.notify_source() from public;
revoke all on function zap.notify(text, text, text, jsonb, text, text, text, timestamptz, smallint) from public;
revoke all on function zap.check_subject(bigint, text) from public;
revoke all on function zap.check_told(text, text, text, jsonb, text) from public;
