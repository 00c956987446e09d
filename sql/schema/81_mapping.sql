-- What the catalogue says about a table of items: its key, its order table, and the columns a message needs.

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
        c.relname ~* '^(pedidos?|orders?|vendas?)$' as looks_like_order
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
            'created_at', 'criado_em', 'createdat', 'data_criacao', 'data_pedido', 'data_hora', 'data', 'inserted_at'
        ]) with ordinality as c (name, place)
    inner join pg_attribute as a on lower(a.attname) = c.name
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
        and a.atttypid = any (array['timestamptz'::regtype, 'timestamp'::regtype])
    order by c.place
    limit 1;
end;
comment on function zap.created_column_of(regclass) is 'Column of a relation with the time of creation';

-- 'alias.column::text', or null as text when there is no such column.
create function zap.text_of(alias text, column_name name)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when column_name is null then 'null::pg_catalog.text'
    else format('%s.%I::pg_catalog.text', alias, column_name)
end;
comment on function zap.text_of(text, name) is 'SQL expression of a column as text; null as text without a column';

-- Context query of the plain shape: name, phone and total on the order; name, quantity and price on the item.
-- Null when the order has no column that can be a phone.
create function zap.derive_context_query(
    relation regclass, key_columns name [], order_relation regclass, order_key name [], key_types text [],
    created_column name
)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    phone name := zap.column_named(
        order_relation, 'telefone', 'phone', 'cliente_telefone', 'cliente_whatsapp', 'whatsapp_cliente', 'whatsapp',
        'celular', 'cliente_celular', 'cliente_contato', 'customer_phone'
    );
    customer name := zap.column_named(
        order_relation, 'cliente_nome', 'nome_cliente', 'nome', 'cliente', 'customer_name', 'name'
    );
    tenant name := zap.column_named(
        order_relation, 'empresa_id', 'company_id', 'tenant_id', 'estabelecimento_id', 'loja_id', 'filial_id'
    );
    number name := zap.column_named(order_relation, 'numero_pedido', 'numero', 'numero_dia', 'protocolo', 'num');
    total name := zap.column_named(order_relation, 'total', 'valor_total', 'valor_final', 'total_calculado');
    item name := zap.column_named(
        relation, 'nome_produto', 'produto_nome', 'produto', 'nome', 'nome_snapshot', 'descricao', 'product_name', 'name'
    );
    quantity name := zap.column_named(relation, 'quantidade', 'qtde', 'qty', 'quantity');
    price name := zap.column_named(
        relation, 'preco_unitario', 'valor_unitario', 'preco', 'preco_unitario_calculado', 'unit_price', 'price'
    );
    number_text text;
    items_of_order text;
    key_of_order text;
begin
    if order_relation is null or phone is null then
        return null;
    end if;
    number_text := zap.text_of('o', coalesce(number, order_key[cardinality(order_key)]));
    select
        string_agg(format('i.%I operator(pg_catalog.=) o.%I', k.item, k.ordered), ' and ' order by k.place),
        string_agg(
            format('o.%I operator(pg_catalog.=) %s', k.ordered, zap.subject_part('s.subject', k.place, order_key, k.type)),
            ' and ' order by k.place
        )
    into items_of_order, key_of_order
    from unnest(key_columns, order_key, key_types) with ordinality as k (item, ordered, type, place);
    return format(
        $query$select
    s.subject,
    %1$s as tenant,
    %2$s as recipient,
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object('id', s.subject, 'number', coalesce(%3$s, s.subject), 'total', %4$s),
        'customer', pg_catalog.jsonb_build_object('name', %5$s, 'phone', %2$s),
        'company', pg_catalog.jsonb_build_object('name', %6$s),
        'items', items.list
    ) as context,
    %7$s as created_at
from pg_catalog.unnest($1) as s (subject)
inner join %8$s as o on %9$s
cross join lateral (
    select pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('name', %10$s, 'quantity', %11$s, 'price', %12$s) order by %13$s
    ) as list
    from %14$s as i where %15$s
) as items
where items.list is not null$query$,
        zap.text_of('o', tenant),
        zap.text_of('o', phone),
        number_text,
        zap.text_of('o', total),
        zap.text_of('o', customer),
        zap.company_name_expression(order_relation, tenant),
        case
            when created_column is null then 'null::pg_catalog.timestamptz'
            else format('o.%I::pg_catalog.timestamptz', created_column)
        end,
        order_relation,
        key_of_order,
        zap.text_of('i', item),
        zap.text_of('i', quantity),
        zap.text_of('i', price),
        zap.row_order_of(relation),
        relation,
        items_of_order
    );
end
$$;
comment on function zap.derive_context_query(regclass, name [], regclass, name [], text [], name) is
'Context query of the plain shape; null when the order has no phone';

-- The company's name, through the foreign key of the tenant column.
create function zap.company_name_expression(order_relation regclass, tenant_column name)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    company record;
    name_column name;
begin
    select f.target, f.target_columns into company
    from zap.foreign_keys_of(order_relation) as f
    where f.columns = array[tenant_column]
    limit 1;
    if company.target is not null then
        name_column := zap.column_named(company.target, 'nome_fantasia', 'nome', 'name', 'razao_social', 'descricao');
    end if;
    if name_column is null then
        return 'null::pg_catalog.text';
    end if;
    return format(
        '(select e.%I::pg_catalog.text from %s as e where e.%I operator(pg_catalog.=) o.%I)',
        name_column, company.target, company.target_columns[1], tenant_column
    );
end
$$;
comment on function zap.company_name_expression(regclass, name) is 'SQL expression of the company''s name';

-- How to put the rows of a table in the order they were inserted: by primary key, else by place.
create function zap.row_order_of(relation regclass)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select coalesce(
        (
            select string_agg(format('i.%I', a.attname), ', ' order by k.place)
            from pg_index as x
            cross join lateral unnest(x.indkey::smallint []) with ordinality as k (attnum, place)
            inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = k.attnum
            where x.indrelid = relation and x.indisprimary
        ),
        'i.ctid'
    );
end;
comment on function zap.row_order_of(regclass) is 'ORDER BY expression over the rows of a table with alias i';

revoke all on function zap.column_named(regclass, text []) from public;
revoke all on function zap.foreign_keys_of(regclass) from public;
revoke all on function zap.column_types(regclass, name []) from public;
revoke all on function zap.created_column_of(regclass) from public;
revoke all on function zap.text_of(text, name) from public;
revoke all on function zap.derive_context_query(regclass, name [], regclass, name [], text [], name) from public;
revoke all on function zap.company_name_expression(regclass, name) from public;
revoke all on function zap.row_order_of(regclass) from public;
