select
    s.subject,
    null::text as tenant,  -- no column of such a name
    o.cliente_whatsapp as recipient,  -- 98 %: column cliente_whatsapp
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', coalesce(o.numero::text, pg_catalog.upper(pg_catalog.left(s.subject, 8))),  -- 92 %: column numero
            'total', o.total_calculado::text,  -- 93 %: column total_calculado
            'subtotal', null,  -- no column of such a name
            'delivery_fee', null,  -- no column of such a name
            'discount', null,  -- no column of such a name
            'status', o.status::text,  -- 96 %: column status
            'type', o.tipo_entrega::text,  -- 93 %: column tipo_entrega
            'payment', o.forma_pagamento,  -- 96 %: column forma_pagamento
            'address', case when o.endereco is not null then pg_catalog.concat_ws(', ', o.endereco, o.bairro) end,  -- 94 %: columns endereco, bairro
            'notes', null,  -- no column of such a name
            'created_at', o.created_at  -- 96 %: column created_at
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', o.cliente_nome,  -- 96 %: column cliente_nome
            'phone', o.cliente_whatsapp  -- 98 %: column cliente_whatsapp
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', null,  -- the order refers to no company
            'phone', null  -- the order refers to no company
        ),
        'items', items.list
    ) as context,
    o.created_at as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.pedidos as o on o.id operator(pg_catalog.=) s.subject::uuid
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', pg_catalog.concat_ws(' ', i.nome_snapshot, i.opcao_snapshot),  -- 92 %: column nome_snapshot and opcao_snapshot
            'quantity', i.quantidade::text,  -- 96 %: column quantidade
            'price', i.preco_unitario_calculado::text,  -- 96 %: column preco_unitario_calculado
            'total', pg_catalog.round(i.quantidade operator(pg_catalog.*) (i.preco_unitario_calculado operator(pg_catalog.+) coalesce(addons.amount, 0) operator(pg_catalog.+) coalesce(i.preco_borda_calculado, 0)), 2)::text,  -- 80 %: no column; computed: quantity × unit price, and add-ons
            'notes', i.observacao,  -- 94 %: column observacao
            'addons', coalesce(addons.list, '[]') operator(pg_catalog.||) case when i.borda_snapshot is null then '[]' else pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('name', pg_catalog.regexp_replace(i.borda_snapshot, '^(borda )?', 'Borda ', 'i'), 'quantity', i.quantidade::text, 'price', i.preco_borda_calculado::text)) end,  -- 92 %: rows of pedido_item_adicionais, and the crust in column borda_snapshot
            'flavors', coalesce(flavors.list, '[]')  -- 95 %: rows of pedido_item_sabores
        ) order by i.ctid) as list
    from public.pedido_itens as i
    left join lateral (
        select
            pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', a.nome_snapshot, 'quantity', null, 'price', a.preco_calculado::text) order by a.ctid) as list,
            pg_catalog.sum(a.preco_calculado) as amount
        from public.pedido_item_adicionais as a
        where a.pedido_item_id operator(pg_catalog.=) i.id
    ) as addons on true
    left join lateral (
        select
            pg_catalog.jsonb_agg(f.nome_snapshot order by f.ctid) as list
        from public.pedido_item_sabores as f
        where f.pedido_item_id operator(pg_catalog.=) i.id
    ) as flavors on true
    where i.pedido_id operator(pg_catalog.=) o.id
) as items
where items.list is not null
