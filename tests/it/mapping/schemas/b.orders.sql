insert into pedidos (id, protocolo, cliente_nome, cliente_whatsapp, tipo_pedido, tipo_entrega, endereco, bairro, forma_pagamento, total_calculado)
    values ('b0000000-0000-0000-0000-000000000001', 'P-1', 'Rui Lima', '11987654321', 'online', 'entrega', 'Av. Brasil, 500', 'Centro', 'dinheiro', 142.00);
insert into pedido_itens (id, pedido_id, nome_snapshot, opcao_snapshot, borda_snapshot, quantidade, preco_unitario_calculado, preco_borda_calculado) values
    ('b1000000-0000-0000-0000-000000000001', 'b0000000-0000-0000-0000-000000000001', 'Pizza', 'Grande', 'Catupiry', 2, 55.00, 8.00),
    ('b1000000-0000-0000-0000-000000000002', 'b0000000-0000-0000-0000-000000000001', 'Coca-Cola', '2 L', null, 1, 12.00, null);
insert into pedido_item_sabores (pedido_item_id, nome_snapshot) values
    ('b1000000-0000-0000-0000-000000000001', 'Calabresa'), ('b1000000-0000-0000-0000-000000000001', 'Portuguesa');
insert into pedido_item_adicionais (pedido_item_id, nome_snapshot, preco_calculado) values ('b1000000-0000-0000-0000-000000000001', 'Azeitona', 2.00);
