-- An application behind a REST layer: every row is a transaction of its own.
insert into public.pedidos (empresa_id, numero, nome, telefone, total)
select
    2 as empresa_id,
    max(numero) + 1 as numero,
    'João Pedro Santos' as nome,
    '13 99123-4567' as telefone,
    136.70 as total
from public.pedidos
where empresa_id = 2;
insert into public.pedido_itens (pedido_id, nome_produto, quantidade, preco_unitario)
values (currval('public.pedidos_id_seq'), 'Combinado 30 peças', 1, 119.90);
insert into public.pedido_itens (pedido_id, nome_produto, quantidade, preco_unitario)
values (currval('public.pedidos_id_seq'), 'Temaki de salmão', 1, 9.90);
insert into public.pedido_itens (pedido_id, nome_produto, quantidade, preco_unitario)
values (currval('public.pedidos_id_seq'), 'Água com gás', 1, 6.90);
