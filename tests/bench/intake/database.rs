//! The order database: eight companies without a channel.

use tokio_postgres::{Client, Config, NoTls};

const TABLES: &str = include_str!("tables.sql");

/// With the context query that attaching derives.
const ATTACH: &str = "
    set client_min_messages = warning;
    create extension zapgres;
    select zap.detach('public.pedido_itens');
    select zap.attach('public.pedido_itens', settle => '0')";

/// Name of the database.
const NAME: &str = "bench";

/// Creates the database.
pub async fn create(socket: &str) -> Client {
    connect(socket, "postgres")
        .await
        .batch_execute("create database bench")
        .await
        .expect("create the database");
    let client = connect(socket, NAME).await;
    client.batch_execute(TABLES).await.expect("the tables");
    client.batch_execute(ATTACH).await.expect("attach");
    client
}

/// How the daemon reaches it.
pub fn url(socket: &str) -> String {
    format!("host={socket} user=postgres dbname={NAME}")
}

async fn connect(socket: &str, database: &str) -> Client {
    let mut config = Config::new();
    config
        .host(socket)
        .user("postgres")
        .dbname(database)
        .application_name("bench");
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("connect to the database");
    tokio::spawn(connection);
    client
}
