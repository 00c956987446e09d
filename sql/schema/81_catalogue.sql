-- What the catalogue says about a table and those around it.

-- Whether a table's name is one that order tables have.
create function zap.looks_like_order(table_name name)
returns boolean
language sql immutable
set search_path = pg_catalog, pg_temp
return table_name ~* '^((tb|tbl)_?)?(pedidos?|orders?|vendas?|sales?|comandas?|encomendas?)$';
comment on function zap.looks_like_order(name) is 'True when a table of this name is likely to hold orders';

-- First of the candidates that is a column of the relation, in the candidates' order; null when there is none.
create function zap.column_named(relation regclass, variadic candidates text [])
returns name
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select a.attname
    from unnest(candidates) with ordinality as c (name, place)
    inner join pg_attribute as a on lower(a.attname) = lower(c.name)
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
    order by c.place
    limit 1;
end;
comment on function zap.column_named(regclass, text []) is 'First of several names that is a column of the relation';

-- The foreign keys of a relation, those that look like "the order of this item" first.
create function zap.foreign_keys_of(
    relation regclass, out columns name [], out target regclass, out target_columns name [], out looks_like_order boolean
)
returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        array(
            select a.attname from unnest(f.conkey) with ordinality as k (attnum, place)
            inner join pg_attribute as a on a.attrelid = f.conrelid and a.attnum = k.attnum
            order by k.place
        ) as columns,
        f.confrelid::regclass as target,
        array(
            select a.attname from unnest(f.confkey) with ordinality as k (attnum, place)
            inner join pg_attribute as a on a.attrelid = f.confrelid and a.attnum = k.attnum
            order by k.place
        ) as target_columns,
        zap.looks_like_order(c.relname) as looks_like_order
    from pg_constraint as f
    inner join pg_class as c on c.oid = f.confrelid
    where f.conrelid = relation and f.contype = 'f' and not c.relispartition
    order by 4 desc, 2;
end;
comment on function zap.foreign_keys_of(regclass) is 'Foreign keys of a relation, the one to the order first';

-- Type names of columns, ready for SQL.
create function zap.column_types(relation regclass, columns name [])
returns text []
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    -- -1: of any length; null would say "character", which means character(1).
    select array_agg(format_type(a.atttypid, -1) order by k.place)
    from unnest(columns) with ordinality as k (name, place)
    inner join pg_attribute as a on a.attrelid = relation and a.attname = k.name;
end;
comment on function zap.column_types(regclass, name []) is 'Types of columns, ready for SQL';

-- Column with a time of creation.
create function zap.created_column_of(relation regclass)
returns name
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select a.attname
    from unnest(array[
            'createdat', 'criadoem', 'datacriacao', 'dtcriacao', 'datapedido', 'dtpedido', 'datahorapedido', 'dthrpedido',
            'datahora', 'dthora', 'datavenda', 'dtvenda', 'datacadastro', 'dtcadastro', 'datainclusao', 'dtinclusao', 'data',
            'insertedat'
        ]) with ordinality as c (name, place)
    -- created_at, createdAt and CREATED_AT are one name.
    inner join pg_attribute as a on lower(replace(a.attname, '_', '')) = c.name
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
        and a.atttypid = any (array['timestamptz'::regtype, 'timestamp'::regtype])
    order by c.place
    limit 1;
end;
comment on function zap.created_column_of(regclass) is 'Column of a relation with the time of creation';

-- Tables and views that a message about a row of the relation can need: what it refers to, what refers to it or to its
-- order, and what by its name belongs to them without a foreign key.
create function zap.relations_around(relation regclass)
returns setof oid
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    with recursive parents as (
        select
            relation::oid as oid,
            0 as distance
        union
        select
            f.confrelid as oid,
            p.distance + 1 as distance
        from parents as p
        inner join pg_constraint as f on p.oid = f.conrelid
        where f.contype = 'f' and p.distance < 3
    ),

    children as (
        select
            f.conrelid as oid,
            f.confrelid as parent
        from pg_constraint as f
        inner join pg_class as c on c.oid = f.confrelid
        where f.contype = 'f'
            and (
                f.confrelid = relation
                or zap.looks_like_order(c.relname) and f.confrelid in (select p.oid from parents as p where p.distance = 1)
            )
    ),

    named as (
        select c.oid
        from pg_class as c
        inner join pg_class as r on c.relnamespace = r.relnamespace
        where r.oid = relation
            and c.relname ~* 'pedido|order|venda|sale|clien|customer|pessoa|user|usuario|produto|product|item|itens|adiciona|addon|sabor|flavo'
            '|empresa|compan|loja|store|filia|estabelec|restaurant|tenant'
    ),

    found as (
        select
            p.oid,
            p.distance as place
        from parents as p
        union all
        select
            c.oid,
            2 as place
        from children as c
        union all
        -- What belongs to the items of an order table, and what else they refer to.
        select
            f.conrelid as oid,
            3 as place
        from children as c
        inner join pg_constraint as f on c.oid = f.confrelid
        where f.contype = 'f' and c.parent = relation
        union all
        select
            f.confrelid as oid,
            3 as place
        from children as c
        inner join pg_constraint as f on c.oid = f.conrelid
        where f.contype = 'f'
        union all
        select
            n.oid,
            4 as place
        from named as n
    )

    select f.oid
    from found as f
    inner join pg_class as c on c.oid = f.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and not c.relispartition
        and c.relnamespace not in ('zap'::regnamespace, 'pg_catalog'::regnamespace)
    group by f.oid
    order by min(f.place), f.oid
    limit 80;
end;
comment on function zap.relations_around(regclass) is 'Tables and views around a table, itself first';

-- The type under any number of domains.
create function zap.base_type(type_oid oid)
returns oid
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    with recursive types as (
        select
            t.oid,
            t.typbasetype as under
        from pg_type as t
        where t.oid = type_oid
        union all
        select
            t.oid,
            t.typbasetype as under
        from types as d
        inner join pg_type as t on t.oid = d.under
    )

    select t.oid from types as t where t.under = 0;
end;
comment on function zap.base_type(oid) is 'The type that a domain is made of; any other type itself';

-- Names of the columns with these numbers, in their order.
create function zap.column_names(relation oid, numbers smallint [])
returns name []
language sql stable
set search_path = pg_catalog, pg_temp
return array(
    select a.attname
    from unnest(numbers) with ordinality as k (attnum, place)
    inner join pg_attribute as a on a.attrelid = relation and a.attnum = k.attnum
    order by k.place
);
comment on function zap.column_names(oid, smallint []) is 'Names of columns by their numbers';

create function zap.describe_columns(relation oid, samples jsonb)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select jsonb_agg(
        jsonb_build_object(
            'name', a.attname,
            'sql', quote_ident(a.attname),
            'type', format_type(zap.base_type(a.atttypid), -1),
            'nullable', not a.attnotnull,
            'comment', col_description(a.attrelid, a.attnum),
            'labels', array(
                select e.enumlabel from pg_enum as e where e.enumtypid = zap.base_type(a.atttypid) order by e.enumsortorder
            ),
            'checks', array(
                select pg_get_constraintdef(c.oid)
                from pg_constraint as c
                where c.contype = 'c' and (
                    c.conrelid = a.attrelid and c.conkey = array[a.attnum]
                    or c.contypid <> 0 and c.contypid = a.atttypid
                )
            ),
            'sample', samples -> a.attname
        ) order by a.attnum
    )
    from pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped;
end;
comment on function zap.describe_columns(oid, jsonb) is 'Columns of a table as JSON, with these samples';

create function zap.describe_table(relation oid, samples jsonb)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select jsonb_build_object(
        'name', c.oid::regclass::text,
        'plain_name', c.relname,
        'kind', case c.relkind
            when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' when 'm' then 'materialized view'
            else 'foreign table'
        end,
        'is_view', c.relkind not in ('r', 'p'),
        'comment', obj_description(c.oid, 'pg_class'),
        'columns', coalesce(zap.describe_columns(c.oid, samples), '[]'),
        'primary_key', coalesce(
            (select to_jsonb(zap.column_names(c.oid, k.conkey)) from pg_constraint as k where k.conrelid = c.oid and k.contype = 'p'), '[]'
        ),
        'unique_keys', coalesce((
            select jsonb_agg(zap.column_names(c.oid, x.indkey::smallint []))
            from pg_index as x
            where x.indrelid = c.oid and x.indisunique and x.indisvalid and x.indpred is null and x.indexprs is null
        ), '[]'),
        'foreign_keys', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'columns', zap.column_names(f.conrelid, f.conkey),
                    'target', f.confrelid::regclass::text,
                    'target_columns', zap.column_names(f.confrelid, f.confkey)
                ) order by f.conname
            )
            from pg_constraint as f
            inner join pg_class as t on t.oid = f.confrelid
            where f.conrelid = c.oid and f.contype = 'f' and not t.relispartition
        ), '[]'),
        'indexed', array(
            select a.attname
            from pg_index as x
            inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
            where x.indrelid = c.oid and x.indisvalid and x.indpred is null
        )
    )
    from pg_class as c
    where c.oid = relation;
end;
comment on function zap.describe_table(oid, jsonb) is 'A table or view as JSON, with these samples of its columns';

create function zap.growing_key_of(relation regclass)
returns name
language sql stable
set search_path = pg_catalog, pg_temp
return (
    select a.attname
    from pg_constraint as k
    inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.conrelid = relation and k.contype = 'p' and cardinality(k.conkey) = 1
        and zap.base_type(a.atttypid) in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
);
comment on function zap.growing_key_of(regclass) is 'The primary key when that is a whole number, the newest rows having the highest';

-- What the newest rows look like, or nothing: that a table is locked, or not everybody's, is no reason to fail.
create function zap.try_sample(relation oid)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
begin
    if not has_table_privilege(relation, 'select')
        or not exists (select from pg_class as c where c.oid = relation and c.relkind in ('r', 'p')) then
        return null;
    end if;
    return zap.sample(relation::regclass);
exception
    when others then
        return null;
end
$$;
comment on function zap.try_sample(oid) is 'What the newest rows of a table look like; null when that cannot be seen';

create function zap.describe(relation regclass)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select jsonb_build_object(
        'relation', relation::text,
        'tables', coalesce(jsonb_agg(zap.describe_table(r.oid, zap.try_sample(r.oid)) order by r.place), '[]')
    )
    from zap.relations_around(relation) with ordinality as r (oid, place);
end;
comment on function zap.describe(regclass) is
'The catalogue around a table as JSON: columns, keys, indexes, and what the newest rows look like, without their values';

revoke all on function zap.looks_like_order(name) from public;
revoke all on function zap.column_named(regclass, text []) from public;
revoke all on function zap.foreign_keys_of(regclass) from public;
revoke all on function zap.column_types(regclass, name []) from public;
revoke all on function zap.created_column_of(regclass) from public;
revoke all on function zap.relations_around(regclass) from public;
revoke all on function zap.base_type(oid) from public;
revoke all on function zap.column_names(oid, smallint []) from public;
revoke all on function zap.describe_columns(oid, jsonb) from public;
revoke all on function zap.describe_table(oid, jsonb) from public;
revoke all on function zap.growing_key_of(regclass) from public;
revoke all on function zap.try_sample(oid) from public;
revoke all on function zap.describe(regclass) from public;
