-- Totem of several companies: no phone anywhere; what matters is that an order is paid.
create table estabelecimentos (id uuid primary key, nome text not null);
create table pedidos (
    id uuid primary key, estabelecimento_id uuid references estabelecimentos, numero_pedido integer, tipo_consumo text,
    status text not null default 'aguardando_pagamento'
        check (status in ('aguardando_pagamento', 'pago', 'em_preparo', 'pronto', 'entregue', 'cancelado')),
    forma_pagamento text, valor_total numeric, criado_em timestamptz default now(), pago_em timestamptz, cancelado_em timestamptz
);
create table pedido_itens (
    id uuid primary key default gen_random_uuid(), pedido_id uuid references pedidos, produto_nome text, quantidade integer, preco_unitario numeric,
    observacoes text
);
create index on pedido_itens (pedido_id);
insert into estabelecimentos values ('22222222-2222-2222-2222-222222222222', 'Lanches do Zé');
