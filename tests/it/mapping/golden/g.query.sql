select
    s.subject,
    null::text as tenant,  -- no column of such a name
    c.celular::text as recipient,  -- 83 %: column clientes.celular, through id_cliente
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', coalesce(o.nr_pedido::text, s.subject),  -- 96 %: column nr_pedido
            'total', o.vl_total::text,  -- 93 %: column vl_total
            'subtotal', null,  -- no column of such a name
            'delivery_fee', null,  -- no column of such a name
            'discount', o.vl_desconto::text,  -- 95 %: column vl_desconto
            'status', o.situacao::text,  -- 83 %: column situacao
            'type', null,  -- no column of such a name
            'payment', null,  -- no column of such a name
            'address', null,  -- no column of such a name
            'notes', null,  -- no column of such a name
            'created_at', o.dt_pedido::timestamptz  -- 92 %: column dt_pedido
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', c.nome,  -- 85 %: column clientes.nome, through id_cliente
            'phone', c.celular::text  -- 83 %: column clientes.celular, through id_cliente
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', null,  -- the order refers to no company
            'phone', null  -- the order refers to no company
        ),
        'items', items.list
    ) as context,
    o.dt_pedido::timestamptz as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.tb_pedidos as o on o.id_pedido operator(pg_catalog.=) s.subject::integer
left join lateral (
    select c.*
    from public.clientes as c
    where c.id_cliente operator(pg_catalog.=) o.id_cliente
    limit 1
) as c on true
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', null,  -- no column of such a name
            'quantity', i.qt_item::text,  -- 95 %: column qt_item
            'price', i.vl_unitario::text,  -- 96 %: column vl_unitario
            'total', i.vl_total::text,  -- 95 %: column vl_total
            'notes', null,  -- no column of such a name
            'addons', '[]'::jsonb,  -- none found
            'flavors', '[]'::jsonb  -- none found
        ) order by i.id_item) as list
    from public.tb_itens as i
    where i.id_pedido operator(pg_catalog.=) o.id_pedido
) as items
where items.list is not null
