-- Sales with keys of text, partitioned by date; customers and products by join.
create table clientes (codigo varchar(10) primary key, nome varchar(80), telefone varchar(20), celular varchar(20));
create table produtos (codigo varchar(10) primary key, nome varchar(80), preco numeric(10, 2));
create table vendas (
    num varchar(12) not null, data timestamp not null default now(), cliente_id varchar(10) references clientes, valor_final numeric(12, 2),
    situacao varchar(20), primary key (num, data)
) partition by range (data);
create table vendas_todas partition of vendas default;
create table itens_pedido (
    id bigserial primary key, num varchar(12), data timestamp, produto_id varchar(10) references produtos, qtde numeric(10, 3), preco numeric(10, 2),
    foreign key (num, data) references vendas (num, data)
);
create index on itens_pedido (num, data);
insert into clientes values ('C1', 'Bia Ramos', '1133330000', '11987654321');
insert into produtos values ('P1', 'Queijo Minas', 42.90), ('P2', 'Pão de queijo', 5.00);
