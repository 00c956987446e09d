select
    s.subject,
    null::text as tenant,  -- no column of such a name
    o.whatsapp as recipient,  -- 97 %: column whatsapp
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', s.subject,  -- no column of such a name
            'total', o.total::text,  -- 93 %: column total
            'subtotal', null,  -- no column of such a name
            'delivery_fee', o.taxa_entrega::text,  -- 96 %: column taxa_entrega
            'discount', null,  -- no column of such a name
            'status', o.status,  -- 96 %: column status
            'type', null,  -- no column of such a name
            'payment', null,  -- no column of such a name
            'address', null,  -- no column of such a name
            'notes', null,  -- no column of such a name
            'created_at', o.criado_em  -- 96 %: column criado_em
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', o.cliente,  -- 86 %: column cliente
            'phone', o.whatsapp  -- 97 %: column whatsapp
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', null,  -- the order refers to no company
            'phone', null  -- the order refers to no company
        ),
        'items', coalesce(items.list, '[]')
    ) as context,
    o.criado_em as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.pedido as o on o.id operator(pg_catalog.=) s.subject::bigint
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'nome'), pg_catalog.jsonb_extract_path_text(i.value, 'name'), pg_catalog.jsonb_extract_path_text(i.value, 'produto')),  -- 55 %: no items to look at yet: the usual keys
            'quantity', pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'quantidade'), pg_catalog.jsonb_extract_path_text(i.value, 'qtd'), pg_catalog.jsonb_extract_path_text(i.value, 'quantity')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$'),  -- 55 %: no items to look at yet: the usual keys
            'price', pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'preco_unitario'), pg_catalog.jsonb_extract_path_text(i.value, 'preco'), pg_catalog.jsonb_extract_path_text(i.value, 'price')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$'),  -- 55 %: no items to look at yet: the usual keys
            'total', pg_catalog.round(coalesce(pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'valor_total'), pg_catalog.jsonb_extract_path_text(i.value, 'total')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$')::numeric, pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'quantidade'), pg_catalog.jsonb_extract_path_text(i.value, 'qtd'), pg_catalog.jsonb_extract_path_text(i.value, 'quantity')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$')::numeric operator(pg_catalog.*) pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'preco_unitario'), pg_catalog.jsonb_extract_path_text(i.value, 'preco'), pg_catalog.jsonb_extract_path_text(i.value, 'price')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$')::numeric operator(pg_catalog.+) coalesce((select pg_catalog.sum(coalesce(pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'quantidade'), pg_catalog.jsonb_extract_path_text(t.value, 'qtd'), pg_catalog.jsonb_extract_path_text(t.value, 'quantity'), pg_catalog.jsonb_extract_path_text(t.value, 'qty')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$')::numeric, 1) operator(pg_catalog.*) coalesce(pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'preco'), pg_catalog.jsonb_extract_path_text(t.value, 'valor'), pg_catalog.jsonb_extract_path_text(t.value, 'price')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$'), (pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'preco_centavos'), pg_catalog.jsonb_extract_path_text(t.value, 'precoCentavos'), pg_catalog.jsonb_extract_path_text(t.value, 'valor_centavos'), pg_catalog.jsonb_extract_path_text(t.value, 'valorCentavos'), pg_catalog.jsonb_extract_path_text(t.value, 'price_cents'), pg_catalog.jsonb_extract_path_text(t.value, 'priceCents')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$')::numeric operator(pg_catalog.*) 0.01)::text)::numeric) from pg_catalog.jsonb_array_elements(case pg_catalog.jsonb_typeof(coalesce(pg_catalog.jsonb_extract_path(i.value, 'adicionais'), pg_catalog.jsonb_extract_path(i.value, 'addons'))) when 'array' then coalesce(pg_catalog.jsonb_extract_path(i.value, 'adicionais'), pg_catalog.jsonb_extract_path(i.value, 'addons')) else '[]' end) as t (value) where pg_catalog.jsonb_typeof(t.value) operator(pg_catalog.=) 'object'), 0)), 2)::text,  -- 50 %: no items to look at yet: the usual keys, or quantity × unit price, and add-ons
            'notes', coalesce(pg_catalog.jsonb_extract_path_text(i.value, 'observacoes'), pg_catalog.jsonb_extract_path_text(i.value, 'observacao'), pg_catalog.jsonb_extract_path_text(i.value, 'notes')),  -- 55 %: no items to look at yet: the usual keys
            'addons', coalesce((
                select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', case pg_catalog.jsonb_typeof(t.value) when 'object' then coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'nome'), pg_catalog.jsonb_extract_path_text(t.value, 'name')) else pg_catalog.jsonb_extract_path_text(t.value, variadic '{}') end,
                    'quantity', pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'quantidade'), pg_catalog.jsonb_extract_path_text(t.value, 'qtd'), pg_catalog.jsonb_extract_path_text(t.value, 'quantity'), pg_catalog.jsonb_extract_path_text(t.value, 'qty')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$'),
                    'price', coalesce(pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'preco'), pg_catalog.jsonb_extract_path_text(t.value, 'valor'), pg_catalog.jsonb_extract_path_text(t.value, 'price')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$'), (pg_catalog.substring(pg_catalog.translate(coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'preco_centavos'), pg_catalog.jsonb_extract_path_text(t.value, 'precoCentavos'), pg_catalog.jsonb_extract_path_text(t.value, 'valor_centavos'), pg_catalog.jsonb_extract_path_text(t.value, 'valorCentavos'), pg_catalog.jsonb_extract_path_text(t.value, 'price_cents'), pg_catalog.jsonb_extract_path_text(t.value, 'priceCents')), ',R$ ', '.'), '^-?[0-9]+(?:[.][0-9]+)?$')::numeric operator(pg_catalog.*) 0.01)::text)
                ) order by t.place)
                from pg_catalog.jsonb_array_elements(
                    case pg_catalog.jsonb_typeof(coalesce(pg_catalog.jsonb_extract_path(i.value, 'adicionais'), pg_catalog.jsonb_extract_path(i.value, 'addons'))) when 'array' then coalesce(pg_catalog.jsonb_extract_path(i.value, 'adicionais'), pg_catalog.jsonb_extract_path(i.value, 'addons')) else '[]' end
                ) with ordinality as t (value, place)
            ), '[]'),  -- 55 %: no items to look at yet: the usual keys
            'flavors', coalesce((
                select pg_catalog.jsonb_agg(case pg_catalog.jsonb_typeof(t.value) when 'object' then coalesce(pg_catalog.jsonb_extract_path_text(t.value, 'nome'), pg_catalog.jsonb_extract_path_text(t.value, 'name')) else pg_catalog.jsonb_extract_path_text(t.value, variadic '{}') end order by t.place)
                from pg_catalog.jsonb_array_elements(
                    case pg_catalog.jsonb_typeof(coalesce(pg_catalog.jsonb_extract_path(i.value, 'sabores'), pg_catalog.jsonb_extract_path(i.value, 'flavors'))) when 'array' then coalesce(pg_catalog.jsonb_extract_path(i.value, 'sabores'), pg_catalog.jsonb_extract_path(i.value, 'flavors')) else '[]' end
                ) with ordinality as t (value, place)
            ), '[]')  -- 55 %: no items to look at yet: the usual keys
        ) order by i.place) as list
    from pg_catalog.jsonb_array_elements(
        case pg_catalog.jsonb_typeof(o.itens::jsonb) when 'array' then o.itens::jsonb else '[]' end
    ) with ordinality as i (value, place)
    where pg_catalog.jsonb_typeof(i.value) operator(pg_catalog.=) 'object'
) as items
