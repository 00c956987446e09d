select
    s.subject,
    o."storeId"::text as tenant,  -- 96 %: column storeId
    o."customerPhone" as recipient,  -- 90 %: column customerPhone
    pg_catalog.jsonb_build_object(
        'order', pg_catalog.jsonb_build_object(
            'id', s.subject,
            'number', coalesce(o."orderNumber"::text, s.subject),  -- 96 %: column orderNumber
            'total', (o."totalCents" operator(pg_catalog.*) 0.01)::text,  -- 93 %: column totalCents, which counts cents
            'subtotal', null,  -- no column of such a name
            'delivery_fee', (o."deliveryFeeCents" operator(pg_catalog.*) 0.01)::text,  -- 96 %: column deliveryFeeCents, which counts cents
            'discount', (o."discountCents" operator(pg_catalog.*) 0.01)::text,  -- 95 %: column discountCents, which counts cents
            'status', o.status,  -- 96 %: column status
            'type', null,  -- no column of such a name
            'payment', o."paymentMethod",  -- 96 %: column paymentMethod
            'address', o."deliveryAddress",  -- 95 %: column deliveryAddress
            'notes', o.notes,  -- 94 %: column notes
            'created_at', o."createdAt"::timestamptz  -- 96 %: column createdAt
        ),
        'customer', pg_catalog.jsonb_build_object(
            'name', o."customerName",  -- 96 %: column customerName
            'phone', o."customerPhone"  -- 90 %: column customerPhone
        ),
        'company', pg_catalog.jsonb_build_object(
            'name', e.name,  -- 95 %: column stores.name, through storeId
            'phone', e.phone  -- 89 %: column stores.phone, through storeId; 1 of 1 look like phone numbers
        ),
        'items', items.list
    ) as context,
    o."createdAt"::timestamptz as created_at
from pg_catalog.unnest($1) as s (subject)
inner join public.orders as o on o.id operator(pg_catalog.=) s.subject::integer
left join public.stores as e on e.id operator(pg_catalog.=) o."storeId"
cross join lateral (
    select
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', i."productName",  -- 96 %: column productName
            'quantity', i.quantity::text,  -- 96 %: column quantity
            'price', (i."unitPriceCents" operator(pg_catalog.*) 0.01)::text,  -- 96 %: column unitPriceCents, which counts cents
            'total', pg_catalog.round(i.quantity operator(pg_catalog.*) i."unitPriceCents" operator(pg_catalog.*) 0.01, 2)::text,  -- 80 %: no column; computed: quantity × unit price
            'notes', i.notes,  -- 94 %: column notes
            'addons', '[]'::jsonb,  -- none found
            'flavors', '[]'::jsonb  -- none found
        ) order by i.id) as list
    from public.order_items as i
    where i."orderId" operator(pg_catalog.=) o.id
) as items
where items.list is not null
