-- Columns that name the order, and what they refer to. An ERROR when the table does not tell.
create function zap.key_of(
    relation regclass, key_column name,
    out key_columns name [], out order_relation regclass, out order_key name [], out key_types text []
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    choices bigint;
begin
    if key_column is null then
        select f.columns, f.target, f.target_columns, count(*) over ()
        into key_columns, order_relation, order_key, choices
        from zap.foreign_keys_of(relation) as f
        where f.looks_like_order or not exists (
            select 1 from zap.foreign_keys_of(relation) as other where other.looks_like_order
        )
        limit 1;
        if choices is distinct from 1 then
            raise exception 'zap.attach: cannot tell which column of % names the order: % foreign key(s) could be it',
                relation, coalesce(choices, 0)
                using errcode = 'invalid_parameter_value',
                hint = format('Name it: select zap.attach(%L, key_column => ''pedido_id'');', relation);
        end if;
    else
        if zap.column_types(relation, array[key_column]) is null then
            raise exception 'zap.attach: % has no column "%"', relation, key_column
                using errcode = 'undefined_column', hint = 'key_column is the column that names the order, as in the table.';
        end if;
        key_columns := array[key_column];
        select f.target, f.target_columns into order_relation, order_key
        from zap.foreign_keys_of(relation) as f where f.columns = array[key_column] limit 1;
    end if;
    key_types := zap.column_types(relation, key_columns);
    perform zap.check_comparable(relation, key_columns[place], key_types[place])
    from generate_subscripts(key_columns, 1) as place;
end
$$;
comment on function zap.key_of(regclass, name) is 'Key columns of a table of items and the order table they refer to';

-- An ERROR when values of a key column cannot be compared, as those of json cannot.
create function zap.check_comparable(relation regclass, key_column name, type_name text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Analysed only, as in check_context.
    execute format('prepare "zap.attach" as select null::%1$s operator(pg_catalog.=) null::%1$s', type_name);
    deallocate "zap.attach";
exception
    when undefined_function or ambiguous_function then
        raise exception 'zap.attach: column "%" of % cannot be a key: values of type % cannot be compared',
            key_column, relation, type_name
            using errcode = 'invalid_parameter_value',
            hint = 'The key is the column that names the order, usually an integer, a uuid or text.';
end
$$;
comment on function zap.check_comparable(regclass, name, text) is 'Refuses a key column whose values cannot be compared';

-- An ERROR in one line when a statement made of the user's text cannot run.
create function zap.check_context(
    parameter text, context_query text, ready_when text, order_relation text, order_key name [], key_types text []
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    statement text := zap.compose_context_statement(context_query, ready_when, order_relation, order_key, key_types);
    problem text;
begin
    -- Analysed and neither planned nor run: both could run what the tables' owner put into an index or a domain.
    execute format(E'prepare "zap.attach" (text[]) as %s', statement);
    deallocate "zap.attach";
exception
    when others then
        get stacked diagnostics problem = message_text;
        raise exception 'zap.attach: % cannot be used: %', parameter, problem
            using errcode = 'invalid_parameter_value',
            hint = case parameter
                when 'ready_when' then 'An SQL condition on the order''s columns, or on c.context, c.tenant, c.recipient.'
                else 'A query of $1 text[] that returns subject, recipient and context (jsonb), and tenant and created_at '
                    'where there are such. Qualify every table with its schema.'
            end;
end
$$;
comment on function zap.check_context(text, text, text, text, name [], text []) is
'Refuses a context query or ready_when that cannot run';

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

-- What an operator should know about a source, as NOTICEs and WARNINGs.
create function zap.report_attached(attached zap.source)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    swept regclass := coalesce(attached.order_relation, attached.relation)::regclass;
begin
    raise notice 'zapgres: % is attached: the first row of each % announces "%"%',
        attached.relation, array_to_string(attached.key_columns, ', '), attached.event,
        coalesce(format(' about a row of %s', attached.order_relation), '');
    if attached.context_query is null then
        raise notice 'zapgres: no phone found for %: its orders are captured and wait for a context query: '
            'update zap.source set context_query = ''…'' where id = %;', attached.relation, attached.id;
    end if;
    if not zap.is_indexed(attached.relation::regclass, attached.key_columns) then
        raise warning 'zapgres: % has no index on (%): every new order reads the whole table',
            attached.relation, array_to_string(attached.key_columns, ', ');
    end if;
    if attached.created_column is not null then
        if not zap.is_indexed(swept, array[attached.created_column]) then
            raise notice 'zapgres: the sweep for orders that capture missed reads all of %: an index on (%) makes it cheap',
                swept, attached.created_column;
        end if;
    elsif not exists (select 1 from zap.sweep_mark as m where m.source_id = attached.id) then
        raise notice 'zapgres: % has neither a time of creation nor a growing key: no sweep, and no limit of age', swept;
    end if;
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
    if zap.is_without_time_zone(swept::regclass, attached.created_column) then
        -- Written in another zone than the server's, old orders look as if made up to 14 hours from now.
        latest := zap.highest_value(swept::regclass, attached.created_column)::timestamp;
        begins := greatest(begins, least(latest, begins + interval '14 hours'));
    end if;
    if cardinality(attached.key_columns) = 1 and attached.key_types[1] in ('smallint', 'integer', 'bigint') then
        highest := coalesce(zap.highest_value(swept::regclass, key_column)::bigint, 0);
    end if;
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

create function zap.has_trigger(relation regclass)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select 1 from pg_trigger as t where t.tgrelid = relation and t.tgname = 'trigger_whatsapp_notification'
    );
end;
comment on function zap.has_trigger(regclass) is 'True when the capture trigger is on the table';

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
    mode text default 'live'
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
    given_query text := nullif(btrim(attach.context_query, E' \t\r\n;'), '');
begin
    perform zap.check_attachable(attach.relation, attach.event, attach.mode, attach.settle, attach.max_settle);
    select k.* into found from zap.key_of(attach.relation, attach.key_column) as k;
    new_source.created_column := zap.created_column_of(coalesce(found.order_relation, attach.relation));
    new_source.context_query := coalesce(given_query, zap.derive_context_query(
        attach.relation, found.key_columns, found.order_relation, found.order_key, found.key_types, new_source.created_column
    ));
    if new_source.context_query is not null then
        perform zap.check_context(
            'context_query', new_source.context_query, null, found.order_relation::text, found.order_key, found.key_types
        );
        perform zap.check_context(
            'ready_when', new_source.context_query, attach.ready_when, found.order_relation::text, found.order_key, found.key_types
        );
    end if;
    insert into zap.source as s (
        relation, key_columns, event, context_query, order_relation, order_key, key_types, created_column,
        ready_when, settle, max_settle, max_age, expires_after, mode
    ) values (
        attach.relation::text, found.key_columns, attach.event, new_source.context_query, found.order_relation::text,
        found.order_key, found.key_types, new_source.created_column, attach.ready_when, attach.settle,
        greatest(attach.max_settle, attach.settle), attach.max_age, attach.expires_after, attach.mode
    )
    on conflict (relation, event) do update set
        key_columns = excluded.key_columns, context_query = excluded.context_query,
        order_relation = excluded.order_relation, order_key = excluded.order_key, key_types = excluded.key_types,
        created_column = excluded.created_column, ready_when = excluded.ready_when, settle = excluded.settle,
        max_settle = excluded.max_settle, max_age = excluded.max_age, expires_after = excluded.expires_after,
        mode = excluded.mode, attached_at = clock_timestamp(), detached_at = null
    returning s.* into new_source;
    perform zap.create_trigger(new_source);
    perform zap.start_sweep(new_source);
    insert into zap.installation (system_identifier, database_oid, data_directory)
    select i.system_identifier, i.database_oid, i.data_directory from zap.this_installation() as i
    on conflict do nothing;
    perform zap.report_attached(new_source);
    return new_source.id;
end
$$;
comment on function zap.attach(regclass, name, text, text, interval, interval, text, interval, interval, text) is
'Captures new orders from a table of items; everything but the table is optional. Returns the source''s id';

-- What can be refused before anything is looked up.
create function zap.check_attachable(
    relation regclass, event text, mode text, settle interval, max_settle interval
)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    kind "char";
    is_partition boolean;
begin
    if relation is null then
        raise exception 'zap.attach: no table given'
            using errcode = 'null_value_not_allowed', hint = 'select zap.attach(''pedido_itens'');';
    end if;
    select c.relkind, c.relispartition into kind, is_partition from pg_class as c where c.oid = relation;
    if kind not in ('r', 'p') or is_partition then
        raise exception 'zap.attach: % is not a table that can be attached', relation
            using errcode = 'wrong_object_type', hint = 'Attach a table; of a partitioned table the topmost one.';
    end if;
    if zap.has_trigger(relation) then
        raise exception 'zap.attach: % is attached already', relation
            using errcode = 'duplicate_object',
            hint = format('To change how, update its row of zap.source, or first: select zap.detach(%L);', relation);
    end if;
    if event !~ '^[a-z][a-z0-9_:.-]*$' then
        raise exception 'zap.attach: "%" is not the name of an event', event
            using errcode = 'invalid_parameter_value', hint = 'Lower-case letters, digits and _ : . - as in order_received.';
    end if;
    if mode not in ('off', 'shadow', 'live') then
        raise exception 'zap.attach: mode cannot be "%"', mode
            using errcode = 'invalid_parameter_value', hint = 'off, shadow or live.';
    end if;
    if settle < '0'::interval or max_settle < '0'::interval then
        raise exception 'zap.attach: settle and max_settle cannot be negative'
            using errcode = 'invalid_parameter_value', hint = '0 sends an order at once.';
    end if;
end
$$;
comment on function zap.check_attachable(regclass, text, text, interval, interval) is
'Refuses what zap.attach cannot take';

create function zap.detach(relation regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
begin
    if detach.relation is null or not zap.has_trigger(detach.relation) then
        raise exception 'zap.detach: % is not attached', coalesce(detach.relation::text, 'null')
            using errcode = 'undefined_object', hint = 'Attached tables: select relation from zap.source where detached_at is null;';
    end if;
    execute format('drop trigger trigger_whatsapp_notification on %s', detach.relation);
    update zap.source as s set detached_at = clock_timestamp()
    where s.relation = detach.relation::text and s.detached_at is null;
end
$$;
comment on function zap.detach(regclass) is
'Stops capturing from a table. What is queued is still sent; attaching again remembers what was announced';

revoke all on function zap.key_of(regclass, name) from public;
revoke all on function zap.check_comparable(regclass, name, text) from public;
revoke all on function zap.check_context(text, text, text, text, name [], text []) from public;
revoke all on function zap.is_indexed(regclass, name []) from public;
revoke all on function zap.report_attached(zap.source) from public;
revoke all on function zap.start_sweep(zap.source) from public;
revoke all on function zap.is_without_time_zone(regclass, name) from public;
revoke all on function zap.create_trigger(zap.source) from public;
revoke all on function zap.has_trigger(regclass) from public;
revoke all on function zap.check_attachable(regclass, text, text, interval, interval) from public;
revoke all on function zap.attach(regclass, name, text, text, interval, interval, text, interval, interval, text) from public;
revoke all on function zap.detach(regclass) from public;
