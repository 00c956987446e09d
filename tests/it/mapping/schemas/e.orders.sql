insert into vendas (num, data, cliente_id, valor_final, situacao) values ('V-100', date_trunc('day', now()::timestamp), 'C1', 31.45, 'novo');
insert into itens_pedido (num, data, produto_id, qtde, preco) values
    ('V-100', date_trunc('day', now()::timestamp), 'P1', 0.500, 42.90), ('V-100', date_trunc('day', now()::timestamp), 'P2', 2, 5.00);
