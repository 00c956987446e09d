-- What was there before Zapgres came: none of these orders may be announced.
insert into public.empresas (id, nome, cidade)
values
(1, 'Pizzaria Forno de Minas', 'Belo Horizonte'),
(2, 'Sushi da Praia', 'Santos'),
(3, 'Burger do Largo', 'Curitiba');

insert into public.pedidos (empresa_id, numero, nome, telefone, total, status, created_at)
select
    (1 + g % 3) as empresa_id,
    (100 + g / 3) as numero,
    (array['Ana Souza', 'Bruno Lima', 'Carla Dias', 'Diego Rocha', 'Elisa Prado', 'Fábio Nunes', 'Gabriela Melo'])[1 + g % 7] as nome,
    ('(11) 9' || (7000 + g) || '-' || (2000 + g * 7)) as telefone,
    (30 + (g * 37) % 90) as total,
    'entregue' as status,
    (now() - (299 - g) * interval '95 minutes' - interval '10 minutes') as created_at
from generate_series(0, 299) as g;

insert into public.pedido_itens (pedido_id, nome_produto, quantidade, preco_unitario)
select
    p.id as pedido_id,
    (array['Pizza Margherita', 'Combinado 20 peças', 'X-Salada'])[p.empresa_id] as nome_produto,
    1 as quantidade,
    (p.total - 12) as preco_unitario
from public.pedidos as p
union all
select
    p.id as pedido_id,
    'Refrigerante 350 ml' as nome_produto,
    2 as quantidade,
    6 as preco_unitario
from public.pedidos as p;

-- One came in just now, and its customer still waits for the kitchen.
update public.pedidos set status = 'em preparo'
where created_at > now() - interval '1 hour';

alter table public.empresas alter column id restart with 4;
