//! The user's order database, in the shapes the tests need, and the statements of an ordering application.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::cluster::Cluster;
use crate::database::Database;
use crate::session::Session;

/// Companies, orders with an integer key of this type, and their items.
pub fn tables(key_type: &str) -> String {
    format!(
        "create table empresas (id integer primary key, nome text not null);
         insert into empresas values (1, 'Pizzaria Bela'), (2, 'Lanches do Zé');
         create table pedidos (
             id {key_type} primary key,
             empresa_id integer not null references empresas,
             nome text,
             telefone text,
             total numeric(12, 2),
             created_at timestamptz not null default now()
         );
         create table pedido_itens (
             id bigserial primary key,
             pedido_id {key_type} references pedidos on delete cascade,
             nome_produto text not null,
             quantidade integer not null,
             valor_unitario numeric(12, 2) not null
         );
         create index on pedido_itens (pedido_id)"
    )
}

/// Makes a database with the plain shape, `bigint` keys and the extension, and a session on it.
pub async fn open(cluster: &Cluster) -> (Database, Session) {
    open_with(cluster, &tables("bigint")).await
}

/// Makes a database with these tables and the extension, and a session on it.
pub async fn open_with(cluster: &Cluster, tables: &str) -> (Database, Session) {
    open_in(cluster.database().await, tables).await
}

/// The same in a new database.
pub async fn open_in(database: Database, tables: &str) -> (Database, Session) {
    let session = database.session().await;
    session.run(tables).await;
    session.run("create extension zapgres").await;
    session.notices().await;
    (database, session)
}

/// Inserts an order of company 1. A key that is not a number is given as an SQL literal.
pub fn order(key: impl Display) -> String {
    format!(
        "insert into pedidos (id, empresa_id, nome, telefone, total)
         values ({key}, 1, 'Ana Souza', '(11) 98765-4321', 45.00);"
    )
}

/// Inserts an order of any company, by a customer who orders nothing else.
pub fn order_at(company: u32, key: u32) -> String {
    let phone = 10_000_000 + key;
    format!(
        "insert into pedidos (id, empresa_id, nome, telefone, total)
         values ({key}, {company}, 'Rui Lima', '(11) 9{phone}', 45.00);"
    )
}

/// Inserts orders of these keys, dealt out to the companies 1 to `companies`, as an import does: in one statement.
pub fn import(keys: RangeInclusive<u32>, companies: u32) -> String {
    let (first, last) = keys.into_inner();
    format!(
        "insert into pedidos (id, empresa_id, nome, telefone, total)
         select n, 1 + n % {companies}, 'Rui Lima', '(11) 9' || 10000000 + n, 45.00
         from generate_series({first}, {last}) as n;
         insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         select n, 'X-Burger', 2, 22.50 from generate_series({first}, {last}) as n;"
    )
}

/// Inserts one item of an order.
pub fn item(key: impl Display) -> String {
    items(key, 1)
}

/// Inserts this many items of an order in one statement.
pub fn items(key: impl Display, count: u32) -> String {
    format!(
        "insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         select {key}, 'X-Burger ' || n, 1, 22.50 from generate_series(1, {count}) as n;"
    )
}

/// Inserts an order and one item, each in a transaction of its own, unless one is open.
pub async fn place(session: &Session, key: impl Display) {
    session.run(&order(&key)).await;
    session.run(&item(&key)).await;
}

/// Places an order of one item whose announcement has left the queue by retention since.
pub async fn place_long_ago(session: &Session, key: impl Display) {
    place(session, key).await;
    session.run("delete from zap.notification_queue").await;
}
