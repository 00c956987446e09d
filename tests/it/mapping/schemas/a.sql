-- Delivery: order, items and add-ons in transactions of their own; customers without a foreign key; the fee is an item.
create table companies (id uuid primary key, name text, slug text, status text);
create table pedidos (
    id serial primary key, company_id uuid references companies, numero_pedido integer, nome varchar(255), telefone varchar(20), endereco text,
    status varchar(50) default 'analise', tipo varchar(50) default 'delivery', total numeric, pagamento varchar(50), horario text,
    observacoes text, origem text, created_at timestamptz default now(), updated_at timestamptz default now()
);
create table pedido_itens (
    id uuid primary key default gen_random_uuid(), pedido_id integer references pedidos, produto_id uuid, nome_produto text, quantidade integer,
    valor_unitario numeric, valor_total numeric, observacoes text
);
create index on pedido_itens (pedido_id);
create table pedido_item_adicionais (
    id uuid primary key default gen_random_uuid(), pedido_item_id uuid references pedido_itens, categoria_nome text, nome_adicional text,
    quantidade integer, valor_unitario numeric, valor_total numeric
);
create index on pedido_item_adicionais (pedido_item_id);
create table clientes (id serial primary key, company_id uuid, nome text, telefone text, endereco text);
insert into companies values ('11111111-1111-1111-1111-111111111111', 'Pizzaria Bela', 'bela', 'ativa');
