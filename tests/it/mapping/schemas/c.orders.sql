insert into pedidos (id, estabelecimento_id, numero_pedido, tipo_consumo, forma_pagamento, valor_total) values
    ('c0000000-0000-0000-0000-000000000001', '22222222-2222-2222-2222-222222222222', 7, 'local', 'cartao', 31.50);
insert into pedido_itens (pedido_id, produto_nome, quantidade, preco_unitario, observacoes) values
    ('c0000000-0000-0000-0000-000000000001', 'Pastel', 3, 10.50, 'sem sal');
update pedidos set status = 'pago' where id = 'c0000000-0000-0000-0000-000000000001';
