-- Pizzeria: names and prices as they were when it was ordered; the whole order in one transaction.
create type pedido_status as enum ('recebido', 'em_preparo', 'saiu_entrega', 'entregue', 'cancelado');
create type tipo_pedido as enum ('mesa', 'online');
create type tipo_entrega as enum ('entrega', 'retirada');
create table pedidos (
    id uuid primary key default gen_random_uuid(), numero bigint generated always as identity, protocolo text unique, cliente_nome text not null,
    cliente_whatsapp text not null, status pedido_status not null default 'recebido', tipo_pedido tipo_pedido, tipo_entrega tipo_entrega,
    endereco text, bairro text, referencia text, forma_pagamento text, troco text, total_calculado numeric(10, 2),
    created_at timestamptz not null default now()
);
create table pedido_itens (
    id uuid primary key default gen_random_uuid(), pedido_id uuid not null references pedidos, produto_id uuid, nome_snapshot text not null,
    opcao_snapshot text, borda_snapshot text, quantidade integer not null, preco_unitario_calculado numeric(10, 2),
    preco_borda_calculado numeric(10, 2), observacao text
);
create index on pedido_itens (pedido_id);
create table pedido_item_sabores (
    id uuid primary key default gen_random_uuid(), pedido_item_id uuid not null references pedido_itens, nome_snapshot text not null
);
create index on pedido_item_sabores (pedido_item_id);
create table pedido_item_adicionais (
    id uuid primary key default gen_random_uuid(), pedido_item_id uuid not null references pedido_itens, nome_snapshot text not null,
    preco_calculado numeric(10, 2)
);
create index on pedido_item_adicionais (pedido_item_id);
