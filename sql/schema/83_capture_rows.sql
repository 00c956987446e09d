-- Attaching tables whose rows are events: by their status, or each new one.

-- Our triggers on a table, without their copies in partitions.
create function zap.capture_triggers(relation regclass, out name name, out source_id bigint)
returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        t.tgname as name,
        case when a.first ~ '^[0-9]{1,18}$' then a.first::bigint end as source_id
    from pg_trigger as t
    inner join pg_proc as p on t.tgfoid = p.oid
    cross join lateral split_part(encode(t.tgargs, 'escape'), '\000', 1) as a (first)
    where t.tgrelid = relation and t.tgparentid = 0
        and p.pronamespace = 'zap'::regnamespace
        and p.proname in ('send_whatsapp_notification_after_items', 'capture_insert', 'capture_status');
end;
comment on function zap.capture_triggers(regclass) is 'Capture triggers of a table, and the source that each names';

-- What a source can announce.
create function zap.events_of(source zap.source)
returns text []
language sql stable
set search_path = pg_catalog, pg_temp
return case
    when source.captures = 'status' then array(select distinct e.value from jsonb_each_text((source).events) as e)
    else array[source.event]
end;
comment on function zap.events_of(zap.source) is 'Events that a source produces';

-- What names the subject of a row: the given column, else the primary key. The order is what a foreign key refers to; without
-- one the row itself, if the column names it.
create function zap.row_key_of(
    relation regclass, key_column name,
    out key_columns name [], out order_relation regclass, out order_key name [], out key_types text []
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    primary_key name [];
begin
    select array_agg(a.attname order by k.place) into primary_key
    from pg_index as x
    cross join lateral unnest(x.indkey::smallint []) with ordinality as k (attnum, place)
    inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = k.attnum
    where x.indrelid = relation and x.indisprimary;
    if key_column is null and primary_key is null then
        raise exception 'zap.attach: % has no primary key', relation
            using errcode = 'invalid_parameter_value',
            hint = 'Name the column that says which order a row is about: key_column => ''pedido_id''.';
    end if;
    if key_column is not null then
        perform zap.check_key_column(relation, key_column);
    end if;
    key_columns := case when key_column is null then primary_key else array[key_column] end;
    select f.target, f.target_columns into order_relation, order_key
    from zap.foreign_keys_of(relation) as f
    where f.columns = key_columns and (key_column is not null or f.looks_like_order)
    limit 1;
    if order_relation is null and (key_columns <@ primary_key or zap.is_unique(relation, key_columns)) then
        order_relation := relation;
        order_key := key_columns;
    end if;
    key_types := zap.comparable_types(relation, key_columns);
end
$$;
comment on function zap.row_key_of(regclass, name) is 'Key columns of a table whose rows are events, and the order table they refer to';

create function zap.is_unique(relation regclass, columns name [])
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select from pg_index as x
        where x.indrelid = relation and x.indisunique and x.indisvalid and x.indpred is null
            and columns = array(
                select a.attname from unnest(x.indkey::smallint []) with ordinality as k (attnum, place)
                inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = k.attnum
                where k.place <= x.indnkeyatts
                order by k.place
            )
    );
end;
comment on function zap.is_unique(regclass, name []) is 'True when no two rows have the same values in these columns';

-- What cannot be refused by the constraints of zap.source, or only in their words.
create function zap.check_unannounced(wanted zap.source)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    other zap.source;
    twice text [];
begin
    select s.* into other from zap.source as s
    where (s.relation, s.event) = (wanted.relation, wanted.event) and s.detached_at is null
        and exists (select from zap.capture_triggers(wanted.relation::regclass) as t where t.source_id = s.id);
    if other.id is not null then
        raise exception 'zap.attach: % is attached already for "%"', wanted.relation, wanted.event
            using errcode = 'duplicate_object',
            hint = format('To change how, first: select zap.detach(%L, %L);', wanted.relation, wanted.event);
    end if;
    select s.* into other from zap.source as s
    where s.detached_at is null and s.captures <> 'notify' and s.mode = 'live' and wanted.mode = 'live'
        and (s.relation, s.event) <> (wanted.relation, wanted.event)
        and coalesce(s.order_relation, s.relation) = coalesce(wanted.order_relation, wanted.relation)
        and zap.events_of(s) && zap.events_of(wanted)
        -- The items of an order can be in several tables.
        and (s.captures <> 'first_item' or wanted.captures <> 'first_item')
        -- One that inherits has rows of its own.
        and not exists (
            select from pg_inherits as i where i.inhrelid = wanted.relation::regclass and i.inhparent = to_regclass(s.relation)
        )
    order by s.id
    limit 1;
    if other.id is not null then
        twice := array(select unnest(zap.events_of(other)) intersect select unnest(zap.events_of(wanted)) order by 1);
        raise exception 'zap.attach: "%" of % is announced already, by %: each would be told twice',
            twice[1], coalesce(wanted.order_relation, wanted.relation), other.relation
            using errcode = 'duplicate_object',
            hint = format('Leave it out or name another event; or first: select zap.detach(%L, %L);', other.relation, other.event);
    end if;
end
$$;
comment on function zap.check_unannounced(zap.source) is 'Refuses a source that would announce what another one does';

-- The query of a source of items finds an order only while it has items. Its changes are told without: it may be cancelled for that.
create function zap.for_orders_without_items(context_query text)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when context_query like E'%\nwhere items.list is not null' then replace(
        regexp_replace(context_query, E'\nwhere items\\.list is not null$', ''), E'''items'', items.list\n',
        E'''items'', coalesce(items.list, ''[]'')\n'
    )
    else context_query
end;
comment on function zap.for_orders_without_items(text) is 'A proposed context query, finding orders that have no items, too';

-- Finds a source's key, saves it and begins to capture.
create function zap.start_capture(wanted zap.source, key_column name)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    saved zap.source;
    known zap.source;
    proposal jsonb;
begin
    select k.key_columns, k.order_relation, k.order_key, k.key_types
    into wanted.key_columns, wanted.order_relation, wanted.order_key, wanted.key_types
    from zap.row_key_of(wanted.relation::regclass, start_capture.key_column) as k;
    if wanted.context_query is null and wanted.order_relation is not null then
        proposal := zap.propose_order(wanted.order_relation::regclass, wanted.order_key, '{}');
        select s.* into known from zap.source as s
        where s.order_relation = wanted.order_relation and s.order_key = wanted.order_key and s.context_query is not null
        order by s.detached_at desc nulls first, s.id
        limit 1;
        if known.id is null then
            perform zap.refuse_problems(proposal, 'zap.propose', wanted.order_relation::regclass);
        end if;
        wanted.context_query := coalesce(zap.for_orders_without_items(known.context_query), proposal ->> 'query');
    end if;
    perform zap.check_unannounced(wanted);
    saved := zap.save_source(wanted);
    perform zap.create_capture_triggers(saved);
    if known.id is null or exists (
        select from zap.audience as a where a.source_id = known.id and a.name = 'customer' and not a.enabled
    ) then
        perform zap.tell_shop(saved, proposal);
    end if;
    if saved.captures = 'status' then
        perform zap.report_audience(saved, proposal);
    end if;
    perform zap.report_capture(saved);
    return saved.id;
end
$$;
comment on function zap.start_capture(zap.source, name) is 'Saves a source whose rows are events, and puts its triggers on the table';

create function zap.create_capture_triggers(attached zap.source)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    arguments text [] := array[attached.id::text];
    is_changed text;
    is_mapped text;
    made record;
begin
    if attached.captures = 'status' then
        is_changed := zap.is_changed(attached.relation::regclass, attached.status_column);
        is_mapped := format(
            'new.%I::pg_catalog.text operator(pg_catalog.=) any (%L::pg_catalog.text [])',
            attached.status_column, array(select jsonb_object_keys(attached.events))
        );
        arguments := arguments || attached.status_column::text || cardinality(attached.key_columns)::text
            || attached.key_columns::text []
            || array(
                select argument from jsonb_each_text(attached.events) as e
                cross join lateral unnest(array[e.key, e.value]) with ordinality as a (argument, place)
                order by e.key, a.place
            );
    else
        arguments := arguments || attached.event || attached.key_columns::text [];
    end if;
    for made in
        select
            format('trigger_whatsapp_%s_%s', t.kind, attached.id) as name,
            t.fires,
            (select string_agg(quote_literal(a.argument), ', ' order by a.place)
                from unnest(arguments) with ordinality as a (argument, place)) as arguments
        from (values
            ('insert', 'insert', 'insert on %1$s for each row execute function zap.capture_insert(%2$s)'),
            ('status', 'status', 'update on %1$s for each row when (%3$s and %4$s) execute function zap.capture_status(%2$s)'),
            -- An order can be new and have its status at once.
            (
                'status_insert', 'status', 'insert on %1$s for each row when (%4$s) execute function zap.capture_status(%2$s)'
            )
        ) as t (kind, captures, fires)
        where t.captures = attached.captures and not exists (
                select from zap.capture_triggers(attached.relation::regclass) as c
                where c.name = format('trigger_whatsapp_%s_%s', t.kind, attached.id)
            )
    loop
        execute format('create trigger %I after ', made.name) || format(
            made.fires, attached.relation, made.arguments, is_changed, is_mapped
        );
        -- DROP EXTENSION then needs no CASCADE and takes nothing but the trigger.
        execute format('alter trigger %I on %s depends on extension zapgres', made.name, attached.relation);
    end loop;
end
$$;
comment on function zap.create_capture_triggers(zap.source) is 'Puts those capture triggers on the table of a source whose rows are events that are not there';

-- Part of the condition of an UPDATE trigger: a row whose status stays costs no more than this.
create function zap.is_changed(relation regclass, status_column name)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Analysed only, as in check_context.
    execute format(
        'prepare "zap.attach" as select null::%1$s is distinct from null::%1$s',
        (zap.column_types(relation, array[status_column]))[1]
    );
    deallocate "zap.attach";
    -- Of arrays and rows the parts are compared, and whether they can be shows only then, as an error of the user's statement.
    if exists (
        select from pg_attribute as a inner join pg_type as t on t.oid = zap.base_type(a.atttypid)
        where a.attrelid = relation and a.attname = status_column and t.typtype in ('b', 'e') and t.typelem = 0
    ) then
        return format('old.%1$I is distinct from new.%1$I', status_column);
    end if;
    return zap.is_changed_as_text(status_column);
exception
    when undefined_function or ambiguous_function then
        return zap.is_changed_as_text(status_column);
end
$$;
comment on function zap.is_changed(regclass, name) is 'SQL condition: the column of a row has another value than before';

create function zap.is_changed_as_text(status_column name)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return format('old.%1$I::pg_catalog.text is distinct from new.%1$I::pg_catalog.text', status_column);
comment on function zap.is_changed_as_text(name) is 'SQL condition: the column of a row has another text than before';

create function zap.report_capture(attached zap.source)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if attached.captures = 'status' then
        raise notice 'zapgres: % is attached: column % announces %', attached.relation, attached.status_column, (
            select string_agg(format('%s -> %s', e.key, e.value), ', ' order by e.key) from jsonb_each_text(attached.events) as e
        );
    else
        raise notice 'zapgres: % is attached: each new row announces "%"', attached.relation, attached.event;
    end if;
    perform zap.report_query(attached);
    if attached.order_relation <> attached.relation and not zap.is_indexed(attached.relation::regclass, attached.key_columns) then
        raise notice 'zapgres: the sweep for events that capture missed reads all of %: an index on (%) makes it cheap',
            attached.relation, array_to_string(attached.key_columns, ', ');
    end if;
    perform zap.report_sweep(attached);
end
$$;
comment on function zap.report_capture(zap.source) is 'Tells what attaching did and what is left to do';

-- What can be refused about a table whoever attaches it.
create function zap.check_table(relation regclass)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- One that is attached has passed, and may be attached for further events.
    if not exists (select from zap.capture_triggers(relation)) then
        perform zap.check_attachable(relation);
    end if;
end
$$;
comment on function zap.check_table(regclass) is 'Refuses tables that cannot be attached';

revoke all on function zap.capture_triggers(regclass) from public;
revoke all on function zap.events_of(zap.source) from public;
revoke all on function zap.row_key_of(regclass, name) from public;
revoke all on function zap.is_unique(regclass, name []) from public;
revoke all on function zap.check_unannounced(zap.source) from public;
revoke all on function zap.for_orders_without_items(text) from public;
revoke all on function zap.start_capture(zap.source, name) from public;
revoke all on function zap.create_capture_triggers(zap.source) from public;
revoke all on function zap.is_changed(regclass, name) from public;
revoke all on function zap.is_changed_as_text(name) from public;
revoke all on function zap.report_capture(zap.source) from public;
revoke all on function zap.check_table(regclass) from public;
