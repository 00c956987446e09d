-- An order database as many have it: company, order with the customer's name and number, items. Attached as it is.
create table public.empresas (
    id bigint primary key,
    nome text not null
);

create table public.pedidos (
    id bigserial primary key,
    empresa_id bigint not null references public.empresas (id),
    numero_pedido integer not null,
    cliente_nome text,
    cliente_telefone text,
    total numeric(12, 2) not null,
    created_at timestamptz not null default now()
);

create table public.pedido_itens (
    id bigserial primary key,
    pedido_id bigint not null references public.pedidos (id),
    produto_nome text not null,
    quantidade integer not null,
    preco_unitario numeric(12, 2) not null
);
create index pedido_itens_por_pedido on public.pedido_itens (pedido_id);

insert into public.empresas (id, nome)
select g.n, 'Pizzaria ' || g.n
from generate_series(1, 8) as g (n);
