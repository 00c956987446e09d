//! Partitioned tables of items.

use crate::captured::queued;
use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

/// Three partitions; the columns of one stand in another order, and it has lost one.
const TABLES: &str = "
    create table pedidos (id bigint primary key);
    insert into pedidos select generate_series(1, 20);
    create table pedido_itens (
        id bigserial, canal text not null, pedido_id bigint references pedidos, nome_produto text
    ) partition by list (canal);
    create table pedido_itens_app partition of pedido_itens for values in ('app');
    create table pedido_itens_site (
        lixo integer, nome_produto text, pedido_id bigint, canal text not null, id bigint not null default 0
    );
    alter table pedido_itens_site drop column lixo;
    alter table pedido_itens attach partition pedido_itens_site for values in ('site');
    create table pedido_itens_loja partition of pedido_itens for values in ('loja')
        partition by range (pedido_id);
    create table pedido_itens_loja_1 partition of pedido_itens_loja for values from (0) to (10);
    create table pedido_itens_loja_2 partition of pedido_itens_loja for values from (10) to (1000)";

async fn insert(session: &Session, table: &str, channel: &str, key: u32) {
    session
        .run(&format!(
            "insert into {table} (canal, pedido_id, nome_produto) values ('{channel}', {key}, 'X')"
        ))
        .await;
}

/// O3: inserted by the root's name.
#[tokio::test]
async fn items_inserted_through_the_root_announce() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    for (channel, key) in [
        ("app", 1),
        ("site", 2),
        ("loja", 3),
        ("loja", 12),
        ("site", 1),
    ] {
        insert(&s, "pedido_itens", channel, key).await;
    }
    assert_eq!(queued(&s).await, ["1", "12", "2", "3"]);
    assert_eq!(s.value("select count(*) from zap.source").await, "1");
}

/// O3: inserted into a leaf by its own name, its columns in another order.
#[tokio::test]
async fn items_inserted_into_a_leaf_announce() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    insert(&s, "pedido_itens_site", "site", 2).await;
    insert(&s, "pedido_itens_app", "app", 1).await;
    insert(&s, "pedido_itens_loja", "loja", 3).await;
    insert(&s, "pedido_itens_loja_2", "loja", 12).await;
    assert_eq!(queued(&s).await, ["1", "12", "2", "3"]);
}

/// O3: the other items of an order may be in another partition.
#[tokio::test]
async fn an_old_order_is_known_by_its_items_in_other_partitions() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    insert(&s, "pedido_itens", "app", 1).await;
    s.run("delete from zap.notification_queue").await;
    insert(&s, "pedido_itens", "site", 1).await;
    insert(&s, "pedido_itens_loja_1", "loja", 1).await;
    assert_eq!(queued(&s).await, [""; 0]);
}

/// O3: a row that moves to another partition is inserted there, and is not new.
#[tokio::test]
async fn a_row_that_moves_announces_nothing() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    insert(&s, "pedido_itens", "app", 1).await;
    s.run("update pedido_itens set canal = 'site'").await;
    assert_eq!(queued(&s).await, ["1"]);
    s.run("delete from zap.notification_queue").await;
    for channel in ["loja", "app", "site"] {
        s.run(&format!("update pedido_itens set canal = '{channel}'"))
            .await;
    }
    assert_eq!(
        s.column("select canal from pedido_itens_site").await,
        ["site"]
    );
    assert_eq!(queued(&s).await, [""; 0]);
}

/// O3: partitions that came after the extension.
#[tokio::test]
async fn a_new_partition_is_captured() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    s.run("create table pedido_itens_fone partition of pedido_itens for values in ('fone')")
        .await;
    s.run(
        "create table pedido_itens_totem (pedido_id bigint, canal text not null, id bigint not null
             default 0, nome_produto text);
         alter table pedido_itens attach partition pedido_itens_totem for values in ('totem')",
    )
    .await;
    insert(&s, "pedido_itens", "fone", 1).await;
    insert(&s, "pedido_itens_totem", "totem", 2).await;
    assert_eq!(queued(&s).await, ["1", "2"]);
}

/// O3: a detached partition is a table of its own, and is not captured.
#[tokio::test]
async fn a_detached_partition_is_not_captured() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    insert(&s, "pedido_itens", "app", 1).await;
    s.run("alter table pedido_itens detach partition pedido_itens_app")
        .await;
    insert(&s, "pedido_itens_app", "app", 2).await;
    insert(&s, "pedido_itens", "site", 3).await;
    assert_eq!(queued(&s).await, ["1", "3"]);
}

/// O3: many orders over all partitions in one statement.
#[tokio::test]
async fn an_import_over_all_partitions_announces_each_order_once() {
    let (_, s) = shop::open_with(plain(), TABLES).await;
    s.run(
        "insert into pedido_itens (canal, pedido_id)
         select (array['app', 'site', 'loja'])[n % 3 + 1], n % 20 + 1 from generate_series(1, 60) n",
    )
    .await;
    let counts = "select count(*), count(distinct subject) from zap.notification_queue";
    assert_eq!(s.rows(counts).await, [["20", "20"]]);
}
