insert into pedidos (filial_id, numero, cliente_nome, cliente_contato, subtotal, desconto, taxa_entrega) values
    (1, 77, 'Eva Melo', '11 98765 4321', 30.10, 5.10, 6.00), (2, 77, 'Gil Reis', '11 91234 5678', 10.00, null, null);
insert into itens_pedido (filial_id, numero, descricao, quantidade, preco_unitario, total_item) values
    (1, 77, 'Açaí 500 ml', 1, 20.10, 20.10), (1, 77, 'Granola', 2, 5, 10), (2, 77, 'Café', 2, 5, 10);
