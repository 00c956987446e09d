-- Attaching a table whose status changes are events.

-- Events by status, with the values as a cast to text writes them. An ERROR for what no row can ever have.
create function zap.check_events(relation regclass, status_column name, events jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    checked jsonb := '{}';
    entry record;
begin
    if zap.column_types(relation, array[status_column]) is null then
        raise exception 'zap.attach_status: % has no column "%"', relation, coalesce(status_column::text, 'null')
            using errcode = 'undefined_column', hint = format('Its columns: %s.', (
                select string_agg(a.attname, ', ' order by a.attnum) from pg_attribute as a
                where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
            ));
    end if;
    if jsonb_typeof(events) is distinct from 'object' or events = '{}' then
        raise exception 'zap.attach_status: events must be an object that has an event for each value of %', status_column
            using errcode = 'invalid_parameter_value', hint = 'As in events => ''{"pago": "order_paid", "cancelado": "order_cancelled"}''.';
    end if;
    for entry in select e.key, e.value, e.value #>> '{}' as event from jsonb_each(events) as e loop
        if jsonb_typeof(entry.value) <> 'string' or entry.event !~ '^[a-z][a-z0-9_:.-]*$' then
            raise exception 'zap.attach_status: % of "%" is not the name of an event', entry.value, entry.key
                using errcode = 'invalid_parameter_value', hint = 'Lower-case letters, digits and _ : . - as in order_paid.';
        end if;
        checked := checked || jsonb_build_object(zap.status_text(relation, status_column, entry.key), entry.event);
    end loop;
    return checked;
end
$$;
comment on function zap.check_events(regclass, name, jsonb) is 'Refuses events that no status can produce; returns them by the status as text';

-- Only types of the server's own are tried: a cast of another runs its author's code, of an enumeration too.
create function zap.status_text(relation regclass, status_column name, value text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base record;
    written text;
begin
    with recursive types (oid, modifier) as (
        select a.atttypid, a.atttypmod from pg_attribute as a where a.attrelid = relation and a.attname = status_column
        union all
        select t.typbasetype, t.typtypmod from types as d inner join pg_type as t on t.oid = d.oid and t.typtype = 'd'
    )
    select b.typtype, b.oid, t.modifier, b.typnamespace = 'pg_catalog'::regnamespace as is_servers, format_type(b.oid, t.modifier) as name
    into base
    from types as t inner join pg_type as b on b.oid = t.oid and b.typtype <> 'd';
    if base.typtype = 'e' and not exists (
        select from pg_enum as l where l.enumtypid = base.oid and l.enumlabel = status_text.value
    ) then
        raise exception using errcode = 'invalid_text_representation';
    end if;
    if not base.is_servers then
        return value;
    end if;
    execute format('select %L::%s::pg_catalog.text', value, base.name) into written;
    if base.oid in ('bpchar'::regtype, 'varchar'::regtype) and rtrim(value) <> rtrim(written) then
        raise exception using errcode = 'string_data_right_truncation';
    end if;
    return written;
exception
    when data_exception then
        raise exception 'zap.attach_status: % of % can never be "%"', status_column, relation, value
            using errcode = 'invalid_parameter_value', hint = case base.typtype
                when 'e' then format('Its values: %s.', (
                    select string_agg(l.enumlabel, ', ' order by l.enumsortorder) from pg_enum as l where l.enumtypid = base.oid
                ))
                else format('It is of type %s.', base.name)
            end;
end
$$;
comment on function zap.status_text(regclass, name, text) is 'A status as a cast of the column to text writes it; refuses what the column cannot hold';

-- To change a partition key is to delete a row and insert another: no UPDATE trigger sees it.
create function zap.check_not_partition_key(relation regclass, status_column name)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from pg_partition_tree(relation) as p
        inner join pg_attribute as a on a.attrelid = p.relid and a.attname = status_column
        inner join pg_depend as d on d.objid = a.attrelid and d.refobjid = a.attrelid and d.objsubid = a.attnum
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
            and d.refobjsubid = 0 and d.deptype = 'i'
    ) then
        raise exception 'zap.attach_status: % is partitioned by %: a change of it moves the row and is seen by no trigger',
            relation, status_column
            using errcode = 'feature_not_supported',
            hint = 'Let the application tell the change: select zap.notify(''order_paid'', pedido_id);';
    end if;
end
$$;
comment on function zap.check_not_partition_key(regclass, name) is 'Refuses a status column whose changes move rows to other partitions';

create function zap.attach_status(
    relation regclass,
    status_column name,
    events jsonb,
    key_column name default null,
    event text default 'order_status',
    context_query text default null,
    supersede boolean default false,
    settle interval default '0',
    max_settle interval default '10 seconds',
    ready_when text default null,
    max_age interval default '7 days',
    expires_after interval default '6 hours',
    mode text default 'live'
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
    wanted zap.source;
begin
    perform zap.check_table(relation);
    wanted := zap.wanted_source(
        relation, 'status', event, context_query, settle, max_settle, ready_when, max_age, expires_after, mode
    );
    wanted.events := zap.check_events(relation, status_column, events);
    perform zap.check_not_partition_key(relation, status_column);
    wanted.status_column := status_column;
    wanted.supersedes := coalesce(supersede, false);
    return zap.start_capture(wanted, key_column);
end
$$;
comment on function zap.attach_status(
    regclass, name, jsonb, name, text, text, boolean, interval, interval, text, interval, interval, text
) is 'Captures the status changes of a table: each value in events is an event, once per order. Returns the source''s id';

revoke all on function zap.check_events(regclass, name, jsonb) from public;
revoke all on function zap.status_text(regclass, name, text) from public;
revoke all on function zap.check_not_partition_key(regclass, name) from public;
revoke all on function zap.attach_status(
    regclass, name, jsonb, name, text, text, boolean, interval, interval, text, interval, interval, text
) from public;
