select
    s.subject,
    o.filial_id::text as tenant,  -- 94 %: column filial_id
    o.cliente_contato as recipient,  -- 80 %: column cliente_contato
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', o.numero::text,  -- 92 %: column numero
            'total', pg_catalog.round(items.amount operator(pg_catalog.+) coalesce(o.taxa_entrega, 0) operator(pg_catalog.-) coalesce(o.desconto, 0), 2)::text,  -- 60 %: no column; computed: the items and the delivery fee without the discount
            'subtotal', o.subtotal::text,  -- 95 %: column subtotal
            'delivery_fee', o.taxa_entrega::text,  -- 96 %: column taxa_entrega
            'discount', o.desconto::text,  -- 95 %: column desconto
            'status', null,  -- no column is sure enough; best: column estado
            'type', null,  -- no column of such a name
            'payment', null,  -- no column of such a name
            'address', null,  -- no column of such a name
            'notes', null,  -- no column of such a name
            'created_at', o.data_hora  -- 90 %: column data_hora
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', o.cliente_nome,  -- 96 %: column cliente_nome
            'phone', o.cliente_contato  -- 80 %: column cliente_contato
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', e.nome,  -- 95 %: column filiais.nome, through filial_id
            'phone', e.whatsapp  -- 97 %: column filiais.whatsapp, through filial_id; 2 of 2 look like phone numbers
        ),
        'items', items.list
    ) as context,
    o.data_hora as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.pedidos as o on o.filial_id operator(pg_catalog.=) (s.subject::pg_catalog.jsonb operator(pg_catalog.->>) 0)::integer and o.numero operator(pg_catalog.=) (s.subject::pg_catalog.jsonb operator(pg_catalog.->>) 1)::integer
left join public.filiais as e on e.id operator(pg_catalog.=) o.filial_id
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', i.descricao,  -- 84 %: column descricao
            'quantity', i.quantidade::text,  -- 96 %: column quantidade
            'price', pg_catalog.round(i.preco_unitario::numeric, 2)::text,  -- 96 %: column preco_unitario
            'total', pg_catalog.round(i.total_item::numeric, 2)::text,  -- 95 %: column total_item
            'notes', null,  -- no column of such a name
            'addons', '[]'::jsonb,  -- none found
            'flavors', '[]'::jsonb  -- none found
        ) order by i.id) as list,
        pg_catalog.sum(i.total_item::numeric) as amount
    from public.itens_pedido as i
    where i.filial_id operator(pg_catalog.=) o.filial_id and i.numero operator(pg_catalog.=) o.numero
) as items
where items.list is not null
