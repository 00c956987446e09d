-- The order database that the benchmarks write to: the application's own tables and indexes, the same for all variants.
create table public.clientes (
    id bigint primary key,
    nome text not null,
    telefone text not null
);

create table public.pedidos (
    id bigserial primary key,
    empresa_id bigint not null,
    cliente_id bigint not null,
    total numeric(12, 2) not null,
    status text not null default 'novo',
    created_at timestamptz not null default now()
);

create table public.pedido_itens (
    id bigserial primary key,
    pedido_id bigint not null references public.pedidos (id),
    produto text not null,
    quantidade integer not null,
    preco numeric(12, 2) not null
);
create index pedido_itens_por_pedido on public.pedido_itens (pedido_id);

create table public.pedido_eventos (
    id bigserial primary key,
    pedido_id bigint not null references public.pedidos (id),
    status text not null,
    em timestamptz not null default now()
);

insert into public.clientes (id, nome, telefone)
select g.n, 'Cliente ' || g.n, '+55119' || lpad(g.n::text, 8, '0')
from generate_series(1, 10000) as g (n);
