insert into pedidos (id, company_id, numero_pedido, nome, telefone, endereco, total, pagamento, observacoes) values
    (1, '11111111-1111-1111-1111-111111111111', 41, 'Ana Souza', '(11) 98765-4321', 'Rua das Flores, 10', 66.00, 'pix', 'sem cebola');
insert into pedido_itens (id, pedido_id, nome_produto, quantidade, valor_unitario, valor_total, observacoes) values
    ('a0000000-0000-0000-0000-000000000001', 1, 'X-Burger', 2, 22.50, 51.00, 'bem passado'),
    ('a0000000-0000-0000-0000-000000000002', 1, 'Guaraná 2 L', 1, 8.00, 8.00, null),
    ('a0000000-0000-0000-0000-000000000003', 1, 'Taxa de entrega', 1, 7.00, 7.00, null);
insert into pedido_item_adicionais (pedido_item_id, nome_adicional, quantidade, valor_unitario, valor_total) values
    ('a0000000-0000-0000-0000-000000000001', 'Bacon', 2, 3.00, 6.00);
insert into pedidos (id, company_id, nome, telefone, total) values
    (2, '11111111-1111-1111-1111-111111111111', 'Zé 🍕 *negrito*' || chr(10) || 'da Silva', '11912345678', 1000000.00);
insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario, valor_total)
    select 2, 'Item ' || n, 1, 5000, 5000 from generate_series(1, 200) as n;
insert into pedidos (id, company_id, nome, telefone, total) values (3, '11111111-1111-1111-1111-111111111111', null, '11933334444', 0);
insert into pedido_itens (pedido_id) values (3);
