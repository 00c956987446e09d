//! Who may ask, and with whose rights the user's tables are read.

use super::decided::until_standing;
use super::remedies::{follow, remedy};
use super::{assert_obstacle, standing};
use crate::cluster::{Cluster, plain};
use crate::daemon::succeed;
use crate::delivery::stand::Stand;
use crate::shop;

/// Security: a reader sees the trace; of tables that it may not read it learns nothing.
#[tokio::test]
async fn a_reader_may_ask() {
    // Roles are the cluster's: with them, daemons of all databases need the rights that setup gives.
    let cluster = Cluster::start("reader", &[]);
    let (database, s) = shop::open(&cluster).await;
    succeed(&database, &["setup"]);
    shop::place(&s, 1).await;
    shop::place(&s, 2).await;
    s.run("delete from zap.notification_queue where subject = '2'; set role zap_reader")
        .await;
    assert_obstacle(&s, "1", "no_daemon", "zapgres").await;
    assert_obstacle(&s, "2", "source_unreadable", "grant select").await;
    s.run("reset role; grant select on pedidos, pedido_itens to zap_reader; set role zap_reader")
        .await;
    assert_obstacle(&s, "2", "not_announced", "zapgres sweep").await;
    s.run("reset role").await;
}

/// B3: what only the rights of the daemon's role are missing for is mended by giving them.
#[tokio::test]
async fn what_setup_mends() {
    let cluster = Cluster::start("setup_mends", &[]);
    let stand = Stand::open(&cluster).await;
    let s = &stand.session;
    let daemon = stand.daemon();
    s.run("update zap.source set context_query = null").await;
    stand.place([1]).await;
    until_standing(&stand, "1", "no_context_query").await;
    follow(&stand, "1", "no_context_query").await;
    until_standing(&stand, "1", "sent").await;
    s.run("revoke select on pedidos from zap_daemon").await;
    // Whether there is a role to become is asked when a daemon begins.
    drop(daemon);
    stand.until_its_sessions_have_ended().await;
    let _daemon = stand.daemon();
    stand.place([2]).await;
    until_standing(&stand, "2", "context_error").await;
    assert_eq!(remedy(&stand, "2", "context_error").await, "zapgres setup");
    follow(&stand, "2", "context_error").await;
    until_standing(&stand, "2", "sent").await;
}

/// Security: what a table's owner wrote runs with the owner's rights only, whoever asks.
#[tokio::test]
async fn a_tables_owner_cannot_act_as_whoever_asks() {
    let (database, s) = shop::open(plain()).await;
    let owner = format!("owner_{}", s.value("select current_database()").await);
    s.run(&format!(
        "create role {owner}; grant usage, create on schema public to {owner};
         alter table pedidos owner to {owner}; alter table pedido_itens owner to {owner};
         set role {owner};
         create table seen (by text);
         create function note(id bigint) returns boolean language plpgsql as $$
         begin insert into seen values (current_user); return true; end $$;
         create policy all_rows on pedidos using (note(id));
         alter table pedidos enable row level security, force row level security;
         reset role"
    ))
    .await;
    shop::place(&s, 1).await;
    s.run("delete from zap.notification_queue; delete from seen")
        .await;
    standing(&s, "1").await;
    let others = format!("select count(*) from seen where by <> '{owner}'");
    assert_eq!(s.value(&others).await, "0");
    s.run(&format!(
        "reassign owned by {owner} to current_user; drop owned by {owner}; drop role {owner}"
    ))
    .await;
    drop(database);
}
