-- An application that writes the whole order in one transaction.
begin;
insert into public.pedidos (empresa_id, numero, nome, telefone, total)
select
    1 as empresa_id,
    max(numero) + 1 as numero,
    'Maria Aparecida da Silva' as nome,
    '(31) 98765-4321' as telefone,
    104.80 as total
from public.pedidos
where empresa_id = 1;
insert into public.pedido_itens (pedido_id, nome_produto, quantidade, preco_unitario)
values
(currval('public.pedidos_id_seq'), 'Pizza Calabresa grande', 1, 62.90),
(currval('public.pedidos_id_seq'), 'Pão de queijo (porção)', 2, 14.50),
(currval('public.pedidos_id_seq'), 'Guaraná 2 L', 1, 12.90);
commit;
