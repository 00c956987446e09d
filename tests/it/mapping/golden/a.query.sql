select
    s.subject,
    o.company_id::text as tenant,  -- 96 %: column company_id
    o.telefone as recipient,  -- 89 %: column telefone
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', coalesce(o.numero_pedido::text, s.subject),  -- 96 %: column numero_pedido
            'total', o.total::text,  -- 93 %: column total
            'subtotal', null,  -- no column of such a name
            'delivery_fee', null,  -- no column of such a name
            'discount', null,  -- no column of such a name
            'status', o.status,  -- 96 %: column status
            'type', o.tipo,  -- 90 %: column tipo
            'payment', o.pagamento,  -- 92 %: column pagamento
            'address', o.endereco,  -- 94 %: column endereco
            'notes', o.observacoes,  -- 94 %: column observacoes
            'created_at', o.created_at  -- 96 %: column created_at
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', o.nome,  -- 85 %: column nome
            'phone', o.telefone  -- 89 %: column telefone
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', e.name,  -- 95 %: column companies.name, through company_id
            'phone', null  -- companies has no column of such a name
        ),
        'items', items.list
    ) as context,
    o.created_at as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.pedidos as o on o.id operator(pg_catalog.=) s.subject::integer
left join public.companies as e on e.id operator(pg_catalog.=) o.company_id
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', i.nome_produto,  -- 96 %: column nome_produto
            'quantity', i.quantidade::text,  -- 96 %: column quantidade
            'price', i.valor_unitario::text,  -- 96 %: column valor_unitario
            'total', i.valor_total::text,  -- 95 %: column valor_total
            'notes', i.observacoes,  -- 94 %: column observacoes
            'addons', coalesce(addons.list, '[]'),  -- 95 %: rows of pedido_item_adicionais
            'flavors', '[]'::jsonb  -- none found
        ) order by i.ctid) as list
    from public.pedido_itens as i
    left join lateral (
        select
            pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', a.nome_adicional, 'quantity', a.quantidade::text, 'price', a.valor_unitario::text) order by a.ctid) as list,
            pg_catalog.sum(coalesce(a.quantidade, 1) operator(pg_catalog.*) a.valor_unitario) as amount
        from public.pedido_item_adicionais as a
        where a.pedido_item_id operator(pg_catalog.=) i.id
    ) as addons on true
    where i.pedido_id operator(pg_catalog.=) o.id
) as items
where items.list is not null
