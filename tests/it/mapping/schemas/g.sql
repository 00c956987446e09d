-- Prefixes, no foreign keys, customers as a view, a status of numbers.
create table cadastro (id_cliente integer primary key, nm_cliente text, nr_celular bigint);
create view clientes as select id_cliente, nm_cliente as nome, nr_celular as celular from cadastro;
create table tb_pedidos (
    id_pedido integer primary key, id_cliente integer, nr_pedido integer, vl_total numeric(10, 2), vl_desconto numeric(10, 2), situacao integer,
    ds_observacao text, dt_pedido timestamp default now()
);
create table tb_itens (
    id_item integer primary key, id_pedido integer, ds_produto text, qt_item integer, vl_unitario numeric(10, 2), vl_total numeric(10, 2)
);
create index on tb_itens (id_pedido);
insert into cadastro values (3, 'Davi Luz', 11987654321);
