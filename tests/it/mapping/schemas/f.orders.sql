insert into pedido (cliente, whatsapp, itens, total, taxa_entrega) values (
    'Caio Dias', '11987654321',
    '[{"nome": "Pizza Meia", "quantidade": 1, "preco": 49.9, "sabores": ["Mussarela", "Frango"],
       "adicionais": [{"nome": "Borda recheada", "preco": 8.5, "quantidade": 1}], "observacao": "cortar em 8"},
      {"nome": "Suco", "quantidade": "2", "preco": "7.00"}, {"nome": "Brinde", "preco": "grátis"}]',
    72.40, 0
);
