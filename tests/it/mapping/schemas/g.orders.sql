insert into tb_pedidos (id_pedido, id_cliente, nr_pedido, vl_total, vl_desconto, situacao, ds_observacao) values (10, 3, 55, 18.00, 2.00, 1, 'tocar campainha');
insert into tb_itens values (1, 10, 'Coxinha', 4, 5.00, 20.00);
