select
    s.subject,
    null::text as tenant,  -- no column of such a name
    c.celular as recipient,  -- 83 %: column clientes.celular, through cliente_id; 1 of 1 look like phone numbers
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', coalesce(o.num, o.data::text),  -- 92 %: column num
            'total', o.valor_final::text,  -- 97 %: column valor_final
            'subtotal', null,  -- no column of such a name
            'delivery_fee', null,  -- no column of such a name
            'discount', null,  -- no column of such a name
            'status', o.situacao,  -- 93 %: column situacao
            'type', null,  -- no column of such a name
            'payment', null,  -- no column of such a name
            'address', null,  -- no column of such a name
            'notes', null,  -- no column of such a name
            'created_at', o.data::timestamptz  -- 84 %: column data
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', c.nome,  -- 85 %: column clientes.nome, through cliente_id
            'phone', c.celular  -- 83 %: column clientes.celular, through cliente_id; 1 of 1 look like phone numbers
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', null,  -- the order refers to no company
            'phone', null  -- the order refers to no company
        ),
        'items', items.list
    ) as context,
    o.data::timestamptz as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.vendas as o on o.num operator(pg_catalog.=) (s.subject::pg_catalog.jsonb operator(pg_catalog.->>) 0)::character varying and o.data operator(pg_catalog.=) (s.subject::pg_catalog.jsonb operator(pg_catalog.->>) 1)::timestamp without time zone
left join public.clientes as c on c.codigo operator(pg_catalog.=) o.cliente_id
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', p.nome,  -- 85 %: column produtos.nome, through produto_id
            'quantity', i.qtde::text,  -- 96 %: column qtde
            'price', i.preco::text,  -- 90 %: column preco
            'total', pg_catalog.round(i.qtde operator(pg_catalog.*) i.preco, 2)::text,  -- 80 %: no column; computed: quantity × unit price
            'notes', null,  -- no column of such a name
            'addons', '[]'::jsonb,  -- none found
            'flavors', '[]'::jsonb  -- none found
        ) order by i.id) as list
    from public.itens_pedido as i
    left join public.produtos as p on p.codigo operator(pg_catalog.=) i.produto_id
    where i.num operator(pg_catalog.=) o.num and i.data operator(pg_catalog.=) o.data
) as items
where items.list is not null
