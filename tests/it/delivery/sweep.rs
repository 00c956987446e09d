//! `zapgres sweep`: orders that capture never saw.

use std::collections::BTreeMap;

use super::stand::Stand;
use crate::captured::queued;
use crate::cluster::plain;
use crate::daemon::{self, Daemon};
use crate::shop::{item, order};

const NOTHING: [&str; 0] = [];

fn sweep(stand: &Stand) {
    daemon::succeed(&stand.database, &["sweep"]);
}

/// Inserts orders as logical replication would.
async fn place_unseen(stand: &Stand, keys: impl IntoIterator<Item = u32>) {
    stand
        .session
        .run("set session_replication_role = replica")
        .await;
    stand.place(keys).await;
    stand.session.run("reset session_replication_role").await;
}

/// B6: inserted as by replication: found, announced once, sent once.
#[tokio::test]
async fn replicated_orders_are_found() {
    let stand = Stand::open(plain()).await;
    stand.place([1]).await;
    place_unseen(&stand, [2, 3]).await;
    assert_eq!(queued(&stand.session).await, ["1"]);
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, ["1", "2", "3"]);
    sweep(&stand);
    let _daemon = stand.daemon();
    stand.until_accepted(3).await;
    stand.until_done().await;
    assert_eq!(
        stand.accepted().await,
        BTreeMap::from([(1, 1), (2, 1), (3, 1)])
    );
}

/// B6: the running daemon sweeps by itself.
#[tokio::test]
async fn the_daemon_sweeps_by_itself() {
    let stand = Stand::open(plain()).await;
    let _daemon = Daemon::start(&stand.database, &["--sweep-interval", "1s"]);
    stand
        .session
        .run("alter table pedido_itens disable trigger trigger_whatsapp_notification")
        .await;
    stand.place([1]).await;
    stand.until_accepted(1).await;
}

/// B6: what was silenced on purpose stays silent.
#[tokio::test]
async fn silenced_orders_are_left_alone() {
    let stand = Stand::open(plain()).await;
    stand.session.run("set zap.enabled = off").await;
    stand.place([1, 2]).await;
    stand.session.run("set zap.enabled = on").await;
    place_unseen(&stand, [3]).await;
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, ["3"]);
    // Also when they get another item later.
    stand.session.run(&item(1)).await;
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, ["3"]);
}

/// B6: orders from before the table was attached stay quiet, as do those without items.
#[tokio::test]
async fn orders_from_before_stay_quiet() {
    let stand = Stand::open(plain()).await;
    stand.session.run("select zap.detach('pedido_itens')").await;
    stand.place([1]).await;
    stand
        .session
        .run("select zap.attach('pedido_itens', settle => '0')")
        .await;
    stand.session.run(&order(2)).await;
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, NOTHING);
}

/// B6: an order that commits after a sweep has passed its key is found by the next one.
#[tokio::test]
async fn a_late_commit_is_found() {
    let stand = Stand::open(plain()).await;
    let late = stand.database.session().await;
    late.run("set session_replication_role = replica; begin")
        .await;
    late.run(&(order(1) + &item(1))).await;
    place_unseen(&stand, [2]).await;
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, ["2"]);
    late.run("commit").await;
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, ["1", "2"]);
}

/// B6: without a column of creation the keys tell the age, from the first sweep on.
#[tokio::test]
async fn without_a_time_of_creation_keys_tell_the_age() {
    let stand = Stand::open(plain()).await;
    stand.session.run("select zap.detach('pedido_itens')").await;
    stand
        .session
        .run("alter table pedidos drop column created_at")
        .await;
    stand.place([1]).await;
    stand
        .session
        .run("delete from zap.source; select zap.attach('pedido_itens', settle => '0')")
        .await;
    sweep(&stand);
    place_unseen(&stand, [2]).await;
    sweep(&stand);
    sweep(&stand);
    assert_eq!(queued(&stand.session).await, ["2"]);
}
