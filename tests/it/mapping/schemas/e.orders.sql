insert into vendas (num, data, cliente_id, valor_final, situacao) values ('V-100', date_trunc('hour', now()::timestamp), 'C1', 31.45, 'novo');
insert into itens_pedido (num, data, produto_id, qtde, preco)
    select v.num, v.data, i.produto_id, i.qtde, i.preco
    from vendas as v, (values ('P1', 0.500, 42.90), ('P2', 2, 5.00)) as i (produto_id, qtde, preco);
