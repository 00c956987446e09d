create function zap.is_indexed(relation regclass, columns name [])
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select 1
        from pg_index as x
        inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
        where x.indrelid = relation and x.indisvalid and x.indpred is null and a.attname = any (columns)
    );
end;
comment on function zap.is_indexed(regclass, name []) is 'True when an index of the relation begins with one of the columns';

create function zap.report_query(attached zap.source)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if attached.context_query is null then
        raise notice 'zapgres: the order table of % is not known: its % are captured and wait for a context query: '
            'update zap.source set context_query = ''…'' where id = %;',
            attached.relation, case attached.captures when 'first_item' then 'orders' else 'events' end, attached.id;
    end if;
end
$$;
comment on function zap.report_query(zap.source) is 'Tells that a source needs a context query';

create function zap.report_sweep(attached zap.source)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    swept constant regclass := coalesce(attached.order_relation, attached.relation);
begin
    if attached.created_column is not null then
        if not zap.is_indexed(swept, array[attached.created_column]) then
            raise notice 'zapgres: the sweep for % that capture missed reads all of %: an index on (%) makes it cheap',
                case attached.captures when 'first_item' then 'orders' else 'events' end, swept, attached.created_column;
        end if;
    elsif not exists (select 1 from zap.sweep_mark as m where m.source_id = attached.id) then
        raise notice 'zapgres: % has neither a time of creation nor a growing key: no sweep, and no limit of age', swept;
    end if;
end
$$;
comment on function zap.report_sweep(zap.source) is 'Tells what the sweep of a source lacks';

-- What an operator should know about a source, as NOTICEs and WARNINGs.
create function zap.report_attached(attached zap.source)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    twins text;
begin
    raise notice 'zapgres: % is attached: the first row of each % announces "%"%',
        attached.relation, array_to_string(attached.key_columns, ', '), attached.event,
        coalesce(' about a row of ' || attached.order_relation, '');
    select string_agg(s.relation, ', ' order by s.id) into twins
    from zap.source as s
    where s.captures = 'first_item' and s.id <> attached.id and s.detached_at is null and s.event = attached.event
        and s.order_relation = attached.order_relation and s.order_key = attached.order_key;
    if twins is not null then
        raise notice 'zapgres: % announces "%" of %, too: an order is told once, with the items that the query of whichever row is '
            'decided first finds; one query for both would find all', twins, attached.event, attached.order_relation;
    end if;
    perform zap.report_query(attached);
    if not zap.is_indexed(attached.relation::regclass, attached.key_columns) then
        raise warning 'zapgres: % has no index on (%): every new order reads the whole table; make one: '
            'create index concurrently on % (%);',
            attached.relation, array_to_string(attached.key_columns, ', '), attached.relation,
            (select string_agg(quote_ident(k.name), ', ' order by k.place) from unnest(attached.key_columns) with ordinality as k (name, place));
    end if;
    perform zap.report_sweep(attached);
end
$$;
comment on function zap.report_attached(zap.source) is 'Tells what attaching did and what is left to do';

-- From where on the sweep may announce what capture missed: nothing that is there already, neither by time nor by key.
create function zap.start_sweep(attached zap.source)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    swept text := coalesce(attached.order_relation, attached.relation);
    key_column name := (coalesce(attached.order_key, attached.key_columns))[1];
    begins timestamptz := clock_timestamp();
    latest timestamptz;
    highest bigint;
begin
    begin
        if zap.is_without_time_zone(swept::regclass, attached.created_column) then
            -- Written in another zone than the server's, old orders look as if made up to 14 hours from now.
            latest := zap.highest_value(swept::regclass, attached.created_column)::timestamp;
            begins := greatest(begins, least(latest, begins + interval '14 hours'));
        end if;
        if cardinality(attached.key_columns) = 1 and attached.key_types[1] in ('smallint', 'integer', 'bigint') then
            highest := coalesce(zap.highest_value(swept::regclass, key_column)::bigint, 0);
        end if;
    exception
        when insufficient_privilege then
            begins := begins + interval '14 hours';
    end;
    update zap.source as s set sweep_after = begins where s.id = attached.id;
    delete from zap.sweep_mark as m where m.source_id = attached.id;
    insert into zap.sweep_mark (source_id, key) select attached.id, highest where highest is not null;
end
$$;
comment on function zap.start_sweep(zap.source) is
'Lets the sweep of a source begin here: what exists is never announced by it';

create function zap.is_without_time_zone(relation regclass, column_name name)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select 1 from pg_attribute as a
        where a.attrelid = relation and a.attname = column_name and a.atttypid = 'timestamp'::regtype
    );
end;
comment on function zap.is_without_time_zone(regclass, name) is 'True when the column is a timestamp without time zone';

create function zap.create_trigger(attached zap.source)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    arguments text;
begin
    select string_agg(quote_literal(argument), ', ' order by place) into arguments
    from unnest(array[attached.id::text, attached.event] || attached.key_columns::text []) with ordinality as a (argument, place);
    execute format(
        'create trigger trigger_whatsapp_notification after insert on %s for each row '
        'execute function zap.send_whatsapp_notification_after_items(%s)', attached.relation, arguments
    );
    -- DROP EXTENSION then needs no CASCADE and takes nothing but the trigger.
    execute format('alter trigger trigger_whatsapp_notification on %s depends on extension zapgres', attached.relation);
end
$$;
comment on function zap.create_trigger(zap.source) is 'Puts the capture trigger on a source''s table';

-- An order that tells no phone is told to the shop.
create function zap.tell_shop(attached zap.source, proposal jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if proposal ->> 'query' is null or (proposal -> 'has_phone')::boolean
        or exists (select from zap.audience as a where a.source_id = attached.id) then
        return;
    end if;
    insert into zap.audience (source_id, name, recipient, enabled)
    values (attached.id, 'customer', null, false), (attached.id, 'shop', '{{ company.phone }}', true);
    raise notice 'zapgres: % has no phone of the customer: its events are told to the shop. Give each '
        'company its number: select zap.save_tenant(''COMPANY_ID'', phone => ''+55…'');', coalesce(attached.order_relation, attached.relation);
end
$$;
comment on function zap.tell_shop(zap.source, jsonb) is 'Makes the shop the audience of a source whose orders have no phone';

-- What the query lacks, and what else the table could announce.
create function zap.report_proposal(attached zap.source, proposal jsonb)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    unsure text;
    missing record;
begin
    if proposal ->> 'query' is null then
        return;
    end if;
    select string_agg(format('%s %s %% (%s)', f.value ->> 'field', f.value ->> 'confidence', f.value ->> 'reason'), ', ') into unsure
    from jsonb_array_elements(proposal -> 'fields') as f
    where f.value ->> 'expression' is not null and (f.value ->> 'confidence')::integer < 70;
    if unsure is not null then
        raise notice 'zapgres: have a look at %: select zap.propose(%);', unsure, quote_literal(attached.relation);
    end if;
    for missing in
        select i.value ->> 'relation' as relation, i.value ->> 'statement' as statement
        from jsonb_array_elements(proposal -> 'indexes') as i
        where i.value ->> 'relation' <> attached.relation
    loop
        raise warning 'zapgres: every message reads the whole table %: %', missing.relation, missing.statement;
    end loop;
    if jsonb_array_length(proposal #> '{status,events}') > 0 then
        raise notice 'zapgres: the status of an order can be told, too: select zap.attach_status(%, %, %);',
            quote_literal(attached.order_relation), quote_literal(proposal #>> '{status,column}'), quote_literal((
                select jsonb_object_agg(e.value ->> 0, e.value ->> 1) from jsonb_array_elements(proposal #> '{status,events}') as e
            )::text);
    end if;
end
$$;
comment on function zap.report_proposal(zap.source, jsonb) is 'Tells what to look at in what was proposed for a source';

-- All that is to be read of the user's tables is read here: the lock that a trigger needs comes after it.
create function zap.save_source(wanted zap.source)
returns zap.source
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    saved zap.source;
    no_context constant text := 'select null::text as subject, null::text as recipient, null::jsonb as context';
begin
    wanted.created_column := zap.created_column_of(coalesce(wanted.order_relation, wanted.relation)::regclass);
    perform zap.check_context(
        c.parameter, coalesce(wanted.context_query, no_context), c.ready_when,
        wanted.order_relation, wanted.order_key, wanted.key_types
    )
    from (values ('context_query', null), ('ready_when', wanted.ready_when)) as c (parameter, ready_when);
    insert into zap.source as s (
        relation, captures, key_columns, event, status_column, events, supersedes, context_query, order_relation, order_key,
        key_types, created_column, ready_when, settle, max_settle, max_age, expires_after, mode
    ) values (
        wanted.relation, wanted.captures, wanted.key_columns, wanted.event, wanted.status_column, wanted.events,
        coalesce(wanted.supersedes, false), wanted.context_query, wanted.order_relation, wanted.order_key, wanted.key_types,
        wanted.created_column, wanted.ready_when, wanted.settle, greatest(wanted.max_settle, wanted.settle), wanted.max_age,
        wanted.expires_after, wanted.mode
    )
    on conflict (relation, event) do update set
        captures = excluded.captures, key_columns = excluded.key_columns, status_column = excluded.status_column,
        events = excluded.events, supersedes = excluded.supersedes, context_query = excluded.context_query,
        order_relation = excluded.order_relation, order_key = excluded.order_key, key_types = excluded.key_types,
        created_column = excluded.created_column, ready_when = excluded.ready_when, settle = excluded.settle,
        max_settle = excluded.max_settle, max_age = excluded.max_age, expires_after = excluded.expires_after,
        mode = excluded.mode, attached_at = clock_timestamp(), detached_at = null
    returning s.* into saved;
    perform zap.start_sweep(saved);
    insert into zap.installation (system_identifier, database_oid, data_directory)
    select i.system_identifier, i.database_oid, i.data_directory from zap.this_installation() as i
    on conflict do nothing;
    return saved;
end
$$;
comment on function zap.save_source(zap.source) is 'Checks and saves a source, and lets its sweep begin here; without its triggers';

-- A table whose rows are the orders: each new row is one, if its items are in it or nowhere.
create function zap.attach_orders(wanted zap.source, mapping jsonb)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    relation constant regclass := wanted.relation;
    proposal constant jsonb := zap.propose_order(relation, zap.primary_key_of(relation), coalesce(mapping, '{}'));
    is_given constant boolean := wanted.context_query is not null;
    attached zap.source;
    source_id bigint;
begin
    if proposal ->> 'items_relation' is not null then
        raise exception 'zap.attach: the items of % are in %: an order is complete when they are there', relation, proposal ->> 'items_relation'
            using errcode = 'wrong_object_type', hint = format('select zap.attach(%L);', proposal ->> 'items_relation');
    end if;
    if not is_given then
        perform zap.refuse_problems(proposal, 'zap.attach', relation);
        wanted.context_query := proposal ->> 'query';
    end if;
    wanted.captures := 'insert';
    source_id := zap.start_capture(wanted, null);
    if not is_given then
        select s.* into attached from zap.source as s where s.id = source_id;
        perform zap.tell_shop(attached, proposal);
        perform zap.report_audience(attached, proposal);
        perform zap.report_proposal(attached, proposal);
    end if;
    return source_id;
end
$$;
comment on function zap.attach_orders(zap.source, jsonb) is 'zap.attach for a table whose rows are the orders themselves';

create function zap.attach(
    relation regclass,
    key_column name default null,
    event text default 'order_received',
    context_query text default null,
    settle interval default '2 seconds',
    max_settle interval default '10 seconds',
    ready_when text default null,
    max_age interval default '24 hours',
    expires_after interval default '6 hours',
    mode text default 'live',
    mapping jsonb default '{}'
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_column
declare
    new_source zap.source;
    found record;
    proposal jsonb;
begin
    perform zap.check_attachable(attach.relation);
    new_source := zap.wanted_source(
        attach.relation, 'first_item', attach.event, attach.context_query, attach.settle, attach.max_settle, attach.ready_when,
        attach.max_age, attach.expires_after, attach.mode
    );
    if attach.key_column is null and zap.is_order_table(attach.relation) then
        return zap.attach_orders(new_source, attach.mapping);
    end if;
    select k.* into found from zap.key_of(attach.relation, attach.key_column) as k;
    new_source.key_columns := found.key_columns;
    new_source.key_types := found.key_types;
    new_source.order_relation := found.order_relation;
    new_source.order_key := found.order_key;
    perform zap.check_unannounced(new_source);
    if new_source.context_query is null then
        proposal := zap.propose_mapping(
            zap.catalogue_of(attach.relation, found.key_columns, found.order_relation, found.order_key, found.key_types),
            coalesce(attach.mapping, '{}')
        );
        perform zap.refuse_problems(proposal, 'zap.attach', attach.relation);
    end if;
    new_source.context_query := coalesce(new_source.context_query, proposal ->> 'query');
    new_source := zap.save_source(new_source);
    perform zap.create_trigger(new_source);
    perform zap.tell_shop(new_source, proposal);
    perform zap.report_audience(new_source, proposal);
    perform zap.report_attached(new_source);
    perform zap.report_proposal(new_source, proposal);
    return new_source.id;
end
$$;
comment on function zap.attach(regclass, name, text, text, interval, interval, text, interval, interval, text, jsonb) is
'Captures new orders from a table of items, or of orders with their items in them; everything but the table is optional. '
'mapping: {"phone": "celular", …}, see zap.propose. Returns the source''s id';

create function zap.detach(relation regclass, event text default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    ours record;
    was_attached boolean := false;
begin
    for ours in
        select t.name, s.id from zap.capture_triggers(detach.relation) as t
        left join zap.source as s on s.id = t.source_id
        where detach.event is null or s.event = detach.event
        union all
        -- Those whose trigger went with a column.
        select null, s.id from zap.source as s
        where s.relation = detach.relation::text and s.detached_at is null and s.captures <> 'notify'
            and (detach.event is null or s.event = detach.event)
            and not exists (
                select from pg_trigger as t, zap.capture_triggers(t.tgrelid) as c
                where t.tgname ~ '^trigger_whatsapp_' and c.source_id = s.id
            )
    loop
        if ours.name is not null then
            execute format('drop trigger %I on %s', ours.name, detach.relation);
        end if;
        update zap.source as s set detached_at = clock_timestamp() where s.id = ours.id;
        was_attached := true;
    end loop;
    if not was_attached then
        raise exception 'zap.detach: % is not attached%', coalesce(detach.relation::text, 'null'),
            coalesce(' for "' || detach.event || '"', '')
            using errcode = 'undefined_object',
            hint = 'Attached tables: select relation, event from zap.source where detached_at is null;';
    end if;
end
$$;
comment on function zap.detach(regclass, text) is
'Stops capturing from a table, one event''s source or all. What is queued is still sent; attaching again remembers what was '
'announced';

revoke all on function zap.save_source(zap.source) from public;
revoke all on function zap.is_indexed(regclass, name []) from public;
revoke all on function zap.report_query(zap.source) from public;
revoke all on function zap.report_sweep(zap.source) from public;
revoke all on function zap.report_attached(zap.source) from public;
revoke all on function zap.start_sweep(zap.source) from public;
revoke all on function zap.is_without_time_zone(regclass, name) from public;
revoke all on function zap.create_trigger(zap.source) from public;
revoke all on function zap.tell_shop(zap.source, jsonb) from public;
revoke all on function zap.report_proposal(zap.source, jsonb) from public;
revoke all on function zap.attach_orders(zap.source, jsonb) from public;
revoke all on function zap.attach(regclass, name, text, text, interval, interval, text, interval, interval, text, jsonb) from public;
revoke all on function zap.detach(regclass, text) from public;
