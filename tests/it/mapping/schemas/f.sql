-- The items are JSON on the order, with add-ons and flavours in them.
create table pedido (
    id bigint generated always as identity primary key, cliente text, whatsapp text, itens jsonb not null default '[]', total numeric(10, 2),
    taxa_entrega numeric(10, 2), status text, criado_em timestamptz default now()
);
