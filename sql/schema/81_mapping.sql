-- What is proposed for the orders of a table: the query that fills messages, and where each field comes from.

create function zap.primary_key_of(relation regclass)
returns name []
language sql stable
set search_path = pg_catalog, pg_temp
return (
    select zap.column_names(k.conrelid, k.conkey) from pg_constraint as k where k.conrelid = relation and k.contype = 'p'
);
comment on function zap.primary_key_of(regclass) is 'Columns of the primary key; null when there is none';

-- The catalogue around a table, with the columns that name its orders and the order table they are of.
create function zap.catalogue_of(
    relation regclass, key_columns name [], order_relation regclass, order_key name [], key_types text []
)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
return zap.describe(relation) || jsonb_build_object('key', jsonb_build_object(
    'columns', key_columns, 'types', coalesce(key_types, '{}'), 'order_relation', order_relation::text,
    'order_key', coalesce(order_key, '{}')
));
comment on function zap.catalogue_of(regclass, name [], regclass, name [], text []) is
'The catalogue around a table, with the columns that name its orders';

-- Whether the rows of a table are the orders themselves: by its name, unless it refers to orders.
create function zap.is_order_table(relation regclass)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return (select zap.looks_like_order(c.relname) from pg_class as c where c.oid = relation)
and zap.primary_key_of(relation) is not null
and not exists (select from zap.foreign_keys_of(relation) as f where f.looks_like_order and f.target <> relation);
comment on function zap.is_order_table(regclass) is 'True when the rows of a table are orders';

create function zap.propose_order(relation regclass, key_columns name [], mapping jsonb)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return zap.propose_mapping(
        zap.catalogue_of(relation, key_columns, relation, key_columns, zap.column_types(relation, key_columns)), mapping
    );
end
$$;
comment on function zap.propose_order(regclass, name [], jsonb) is 'Everything that is proposed for a table whose rows are orders';

-- An ERROR that names what has to be decided, with the call that does.
create function zap.refuse_problems(proposal jsonb, call text, relation regclass)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    problem jsonb := proposal -> 'problems' -> 0;
    candidates text := array_to_string(array(select jsonb_array_elements_text(problem -> 'candidates')), ', ');
begin
    if problem is null then
        return;
    end if;
    raise exception '%: %: %', call, relation, problem ->> 'message'
        using errcode = 'ambiguous_column', detail = problem::text,
        hint = case
            when candidates = '' then 'Name a column, table.column, or an SQL expression over the query''s aliases.'
            else format(
                'Say which (%s): select %s(%L, mapping => %L);', candidates, call, relation,
                jsonb_build_object(problem ->> 'field', problem -> 'candidates' -> 0)
            )
        end;
end
$$;
comment on function zap.refuse_problems(jsonb, text, regclass) is 'Refuses a proposal in which something is undecided';

-- An ERROR about what is no table or view that orders could be in.
create function zap.check_proposable(relation regclass)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from pg_class as c where c.oid = relation and c.relkind in ('r', 'p')) then
        raise exception 'zap.propose: % is not a table', coalesce(relation::text, 'null')
            using errcode = 'wrong_object_type', hint = 'Name the table with the items of your orders, or the orders: pedido_itens.';
    end if;
end
$$;
comment on function zap.check_proposable(regclass) is 'Refuses what is no table';

create function zap.propose_all(relation regclass, mapping jsonb default '{}', key_column name default null)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
begin
    perform zap.check_proposable(relation);
    if key_column is null and zap.is_order_table(relation) then
        return zap.propose_order(relation, zap.primary_key_of(relation), mapping);
    end if;
    select k.* into found from zap.key_of(relation, key_column) as k;
    return zap.propose_mapping(
        zap.catalogue_of(relation, found.key_columns, found.order_relation, found.order_key, found.key_types), mapping
    );
end
$$;
comment on function zap.propose_all(regclass, jsonb, name) is
'Everything that is proposed for a table, as JSON: query, fields, problems, indexes, status';

create function zap.propose(relation regclass, mapping jsonb default '{}')
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    proposal jsonb := zap.propose_all(relation, mapping);
begin
    perform zap.refuse_problems(proposal, 'zap.propose', relation);
    if proposal ->> 'query' is null then
        raise exception 'zap.propose: % does not tell which table its orders are in', relation
            using errcode = 'undefined_object',
            hint = 'A foreign key from it to the orders tells; or write the context query yourself: zap.attach(…, context_query => …).';
    end if;
    return proposal ->> 'query';
end
$$;
comment on function zap.propose(regclass, jsonb) is
'The context query that zap.attach would use, with a confidence and a reason for each field. mapping: {"phone": "celular", …}';

create function zap.propose_fields(relation regclass, mapping jsonb default '{}')
returns table (field text, expression text, confidence integer, reason text, alternatives text [])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        f.value ->> 'field', f.value ->> 'expression', (f.value ->> 'confidence')::integer, f.value ->> 'reason',
        array(select jsonb_array_elements_text(f.value -> 'alternatives'))
    from jsonb_array_elements(zap.propose_all(relation, mapping) -> 'fields') as f;
end
$$;
comment on function zap.propose_fields(regclass, jsonb) is 'Where zap.attach would take each field from, how sure that is, and why';

create function zap.propose_context(relation regclass, key_columns name [], mapping jsonb default '{}')
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    proposal jsonb;
begin
    if relation is null then
        return null;
    end if;
    proposal := zap.propose_order(relation, key_columns, mapping);
    perform zap.refuse_problems(proposal, 'zap.propose', relation);
    return proposal ->> 'query';
end
$$;
comment on function zap.propose_context(regclass, name [], jsonb) is
'The context query for a table whose rows are the orders themselves';

-- {"pago": "order_paid", …}: what the values of a status column mean, as far as their names tell.
create function zap.propose_status(relation regclass, column_name name)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from zap.column_types(relation, array[column_name]) as t (types) where t.types is not null) then
        raise exception 'zap.propose_status: % has no column "%"', relation, coalesce(column_name::text, 'null')
            using errcode = 'undefined_column', hint = format('Columns: \d %s', relation);
    end if;
    return (
        select zap.status_meaning(c.value)
        from jsonb_array_elements(zap.describe_table(relation, zap.try_sample(relation)) -> 'columns') as c
        where c.value ->> 'name' = column_name
    );
end
$$;
comment on function zap.propose_status(regclass, name) is
'Events that the values of a status column mean, by their names: from its enum, its check and the newest rows';

revoke all on function zap.catalogue_of(regclass, name [], regclass, name [], text []) from public;
revoke all on function zap.is_order_table(regclass) from public;
revoke all on function zap.propose_order(regclass, name [], jsonb) from public;
revoke all on function zap.primary_key_of(regclass) from public;
revoke all on function zap.refuse_problems(jsonb, text, regclass) from public;
revoke all on function zap.check_proposable(regclass) from public;
revoke all on function zap.propose_all(regclass, jsonb, name) from public;
revoke all on function zap.propose(regclass, jsonb) from public;
revoke all on function zap.propose_fields(regclass, jsonb) from public;
revoke all on function zap.propose_context(regclass, name [], jsonb) from public;
revoke all on function zap.propose_status(regclass, name) from public;
