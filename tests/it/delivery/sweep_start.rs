//! From where on the sweep announces what capture missed: nothing that was there when the table was attached.

use crate::captured::queued;
use crate::cluster::plain;
use crate::daemon;
use crate::shop;
use crate::wait;

const NOTHING: [&str; 0] = [];

/// B6: what is ordered while the table is detached stays quiet when it is attached again, whatever tells its age.
#[tokio::test]
async fn orders_made_while_detached_stay_quiet() {
    let by_time = shop::tables("bigint");
    let by_key = format!("{by_time}; alter table pedidos drop column created_at");
    for tables in [by_time, by_key] {
        let (database, s) = shop::open_with(plain(), &tables).await;
        let sweep = || daemon::succeed(&database, &["sweep"]);
        shop::place(&s, 1).await;
        sweep();
        s.run("select zap.detach('pedido_itens')").await;
        shop::place(&s, 2).await;
        shop::place(&s, 3).await;
        s.run("select zap.attach('pedido_itens')").await;
        sweep();
        assert_eq!(queued(&s).await, ["1"]);
        s.run("set session_replication_role = replica").await;
        shop::place(&s, 4).await;
        sweep();
        assert_eq!(queued(&s).await, ["1", "4"]);
    }
}

/// Written in UTC by an application of three hours to the west, this order of almost three hours ago seems to be of
/// fifteen seconds from now.
const SEEMS_NEW: &str = "
    insert into pedidos (id, empresa_id, created_at) values
        (1, 1, (clock_timestamp() at time zone 'utc') - interval '3 hours' + interval '15 seconds');
    insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario) values (1, 'X', 1, 1);";

/// B6: times without a zone, in another zone than the server's: orders from before the table was attached stay quiet.
#[tokio::test]
async fn orders_in_another_time_zone_stay_quiet() {
    let database = plain().database().await;
    let name = database.name();
    let admin = plain().administration().session().await;
    admin
        .run(&format!(
            "alter database {name} set timezone = 'America/Sao_Paulo'"
        ))
        .await;
    let s = database.session().await;
    let tables = shop::tables("bigint").replace("timestamptz", "timestamp");
    s.run(&tables).await;
    s.run(SEEMS_NEW).await;
    s.run("create extension zapgres").await;
    let seems_new = "select created_at::timestamptz > attached_at from pedidos, zap.source";
    assert_eq!(s.value(seems_new).await, "t", "nothing would be tested");
    wait::until("the clock has passed the order's time", async || {
        let passed = "select created_at::timestamptz < clock_timestamp() from pedidos";
        s.value(passed).await == "t"
    })
    .await;
    daemon::succeed(&database, &["sweep"]);
    assert_eq!(queued(&s).await, NOTHING);
    // That is what the time of attaching alone would have announced.
    s.run("update zap.source set sweep_after = attached_at")
        .await;
    daemon::succeed(&database, &["sweep"]);
    assert_eq!(queued(&s).await, ["1"]);
}
