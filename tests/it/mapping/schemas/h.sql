-- Several branches, each with its own numbers; the total is what the parts make.
create table filiais (id integer primary key, nome text, whatsapp text);
create table pedidos (
    filial_id integer references filiais, numero integer, cliente_nome text, cliente_contato text, subtotal numeric(10, 2), desconto numeric(10, 2),
    taxa_entrega numeric(10, 2), estado text, cidade text, data_hora timestamptz default now(), primary key (filial_id, numero)
);
create table itens_pedido (
    id serial primary key, filial_id integer, numero integer, descricao text, quantidade integer, preco_unitario float8, total_item float8,
    foreign key (filial_id, numero) references pedidos (filial_id, numero)
);
create index on itens_pedido (filial_id, numero);
insert into filiais values (1, 'Loja Centro', '11955556666'), (2, 'Loja Norte', '11977778888');
