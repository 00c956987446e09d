-- The capture trigger of a table: the source it names. Nothing when there is none of ours.
create function zap.captured_source(relation regclass)
returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select case when a.first ~ '^[0-9]{1,18}$' then a.first::bigint end
    from pg_trigger as t
    cross join lateral split_part(encode(t.tgargs, 'escape'), '\000', 1) as a (first)
    where t.tgrelid = relation
        and t.tgname = 'trigger_whatsapp_notification'
        and t.tgfoid = to_regprocedure('zap.send_whatsapp_notification_after_items()');
end;
comment on function zap.captured_source(regclass) is 'Id of the source whose capture trigger is on the table; null: none is';

-- What can be refused about a table before anything is looked up.
create function zap.check_attachable(relation regclass)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found pg_class;
begin
    select c.* into found from pg_class as c where c.oid = relation;
    if found.oid is null then
        raise exception 'zap.attach: no table given'
            using errcode = 'undefined_table', hint = 'select zap.attach(''your_items_table'');';
    end if;
    if found.relkind in ('v', 'm') then
        raise exception 'zap.attach: % is a view: nothing is inserted into it', relation
            using errcode = 'wrong_object_type', hint = coalesce(
                'Attach the table behind it: ' || (
                    select string_agg(format('select zap.attach(%L);', b.oid::regclass), ' or ' order by b.oid::regclass::text)
                    from (
                        select distinct t.oid
                        from pg_rewrite as w
                        inner join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                        inner join pg_class as t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
                        where w.ev_class = relation and t.oid <> relation and t.relkind in ('r', 'p')
                    ) as b
                ),
                'Attach the table that its rows are inserted into.'
            );
    end if;
    if found.relkind not in ('r', 'p') or found.relispartition or found.relpersistence = 't' then
        raise exception 'zap.attach: % is not a table that can be attached', relation
            using errcode = 'wrong_object_type',
            hint = 'Attach a table that is not temporary; of a partitioned table the topmost one.';
    end if;
    if found.relnamespace in ('zap'::regnamespace, 'pg_catalog'::regnamespace) then
        raise exception 'zap.attach: % is a table of zapgres or of the server itself', relation
            using errcode = 'wrong_object_type', hint = 'Attach the table with the items of your orders.';
    end if;
    if zap.captured_source(relation) is not null then
        raise exception 'zap.attach: % is attached already', relation
            using errcode = 'duplicate_object',
            hint = format('To change how, update its row of zap.source, or first: select zap.detach(%L);', relation);
    end if;
    if exists (
        select 1 from pg_trigger as t where t.tgrelid = relation and t.tgname = 'trigger_whatsapp_notification'
    ) then
        raise exception 'zap.attach: % has a trigger trigger_whatsapp_notification that is not of zapgres', relation
            using errcode = 'duplicate_object',
            hint = format('Drop it or rename it first: alter trigger trigger_whatsapp_notification on %s rename to …;', relation);
    end if;
end
$$;
comment on function zap.check_attachable(regclass) is 'Refuses tables that zap.attach cannot take';

create function zap.check_options(
    event text, mode text, settle interval, max_settle interval, max_age interval, expires_after interval
)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if num_nulls(event, mode, settle, max_settle, max_age, expires_after) > 0 then
        raise exception 'zap.attach: event, mode and times cannot be null'
            using errcode = 'null_value_not_allowed', hint = 'Leave out what is to have its default.';
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
    if max_age <= '0'::interval or expires_after <= '0'::interval then
        raise exception 'zap.attach: max_age and expires_after must be longer than nothing'
            using errcode = 'invalid_parameter_value', hint = 'Their defaults are 24 hours and 6 hours.';
    end if;
end
$$;
comment on function zap.check_options(text, text, interval, interval, interval, interval) is
'Refuses options that zap.attach cannot take';

-- What is said alike of every source, whatever it captures. Its key is found afterwards.
create function zap.wanted_source(
    relation regclass, captures text, event text, context_query text, settle interval, max_settle interval, ready_when text,
    max_age interval, expires_after interval, mode text
)
returns zap.source
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    wanted zap.source;
begin
    perform zap.check_options(event, mode, settle, max_settle, max_age, expires_after);
    wanted.relation := relation;
    wanted.captures := captures;
    wanted.event := event;
    wanted.supersedes := false;
    wanted.context_query := nullif(btrim(context_query, E' \t\r\n;'), '');
    wanted.settle := settle;
    wanted.max_settle := max_settle;
    wanted.ready_when := ready_when;
    wanted.max_age := max_age;
    wanted.expires_after := expires_after;
    wanted.mode := mode;
    return wanted;
end
$$;
comment on function zap.wanted_source(regclass, text, text, text, interval, interval, text, interval, interval, text) is
'A source as it is asked for, without its key; refuses options that none can have';

-- Column that by its name refers to an order, foreign key or not.
create function zap.key_column_named(relation regclass)
returns name
language sql stable
set search_path = pg_catalog, pg_temp
return zap.column_named(
    relation,
    'pedido_id', 'id_pedido', 'pedidoid', 'idpedido', 'codigopedido', 'codigo_pedido', 'cod_pedido', 'cd_pedido', 'order_id', 'orderid',
    'id_order', 'venda_id', 'id_venda', 'vendaid', 'idvenda', 'codigo_venda', 'cod_venda', 'sale_id', 'saleid', 'comanda_id',
    'id_comanda', 'pedido', 'venda'
);
comment on function zap.key_column_named(regclass) is 'Column whose name says that it refers to an order';

-- The one table of the same schema that holds orders by its name, and its key of the column's type.
create function zap.order_table_named(
    relation regclass, key_column name, out order_relation regclass, out order_key name []
)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        (array_agg(o.oid::regclass))[1] as order_relation,
        array[(array_agg(k.attname))[1]] as order_key
    from pg_class as r
    inner join pg_attribute as i on i.attrelid = r.oid and i.attname = key_column
    inner join pg_class as o on r.relnamespace = o.relnamespace and o.relkind in ('r', 'p') and not o.relispartition
    inner join pg_index as x on x.indrelid = o.oid and x.indisprimary and x.indnkeyatts = 1
    inner join pg_attribute as k on k.attrelid = o.oid and k.attnum = x.indkey[0]
    where r.oid = relation and o.oid <> r.oid and zap.looks_like_order(o.relname)
        and zap.base_type(k.atttypid) = zap.base_type(i.atttypid)
    having count(*) = 1;
end;
comment on function zap.order_table_named(regclass, name) is 'Order table that a column refers to by its name, without a foreign key';

-- Columns that name the order, and what they refer to. An ERROR when the table does not tell.
create function zap.key_of(
    relation regclass, key_column name,
    out key_columns name [], out order_relation regclass, out order_key name [], out key_types text []
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    named name := zap.key_column_named(relation);
    choices bigint;
    is_order boolean;
begin
    if key_column is null then
        select f.columns, f.target, f.target_columns, f.looks_like_order, count(*) over ()
        into key_columns, order_relation, order_key, is_order, choices
        from zap.foreign_keys_of(relation) as f
        where f.looks_like_order or not exists (
            select 1 from zap.foreign_keys_of(relation) as other where other.looks_like_order
        )
        limit 1;
        -- A column that is named for an order says more than a foreign key to something else.
        if choices is distinct from 1 or not is_order then
            key_column := named;
        end if;
        if key_column is null and choices is distinct from 1 then
            raise exception 'zap.attach: cannot tell which column of % names the order: % foreign key(s) could be it',
                relation, coalesce(choices, 0)
                using errcode = 'invalid_parameter_value',
                hint = format('Name it: select zap.attach(%L, key_column => ''pedido_id'');', relation);
        end if;
    else
        perform zap.check_key_column(relation, key_column);
    end if;
    if key_column is not null then
        key_columns := array[key_column];
        select f.target, f.target_columns into order_relation, order_key
        from zap.foreign_keys_of(relation) as f where f.columns = array[key_column] limit 1;
        if order_relation is null and key_column = named then
            select o.order_relation, o.order_key into order_relation, order_key
            from zap.order_table_named(relation, key_column) as o;
        end if;
    end if;
    key_types := zap.comparable_types(relation, key_columns);
end
$$;
comment on function zap.key_of(regclass, name) is 'Key columns of a table of items and the order table they refer to';

create function zap.check_key_column(relation regclass, key_column name)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if zap.column_types(relation, array[key_column]) is null then
        raise exception 'zap.attach: % has no column "%"', relation, key_column
            using errcode = 'undefined_column', hint = 'key_column is the column that names the order, as in the table.';
    end if;
end
$$;
comment on function zap.check_key_column(regclass, name) is 'Refuses a key column that the table does not have';

create function zap.comparable_types(relation regclass, key_columns name [])
returns text []
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    key_types constant text [] := zap.column_types(relation, key_columns);
begin
    perform zap.check_comparable(relation, key_columns[place], key_types[place])
    from generate_subscripts(key_columns, 1) as place;
    return key_types;
end
$$;
comment on function zap.comparable_types(regclass, name []) is 'Types of key columns; refuses those whose values cannot be compared';

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

revoke all on function zap.captured_source(regclass) from public;
revoke all on function zap.check_attachable(regclass) from public;
revoke all on function zap.check_options(text, text, interval, interval, interval, interval) from public;
revoke all on function zap.wanted_source(regclass, text, text, text, interval, interval, text, interval, interval, text) from public;
revoke all on function zap.key_column_named(regclass) from public;
revoke all on function zap.order_table_named(regclass, name) from public;
revoke all on function zap.key_of(regclass, name) from public;
revoke all on function zap.check_key_column(regclass, name) from public;
revoke all on function zap.comparable_types(regclass, name []) from public;
revoke all on function zap.check_comparable(regclass, name, text) from public;
revoke all on function zap.check_context(text, text, text, text, name [], text []) from public;
