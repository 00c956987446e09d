//! What replication keeps back: dead rows of the queue, and write-ahead log on the disk.

use super::patient::Patient;
use crate::cluster::{Cluster, Stop};
use crate::shop;
use crate::wait;

async fn open(cluster: &Cluster) -> Patient {
    let (database, session) = shop::open(cluster).await;
    Patient { database, session }
}

/// B9: a slot that nobody reads any more keeps log until the disk is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_nobody_reads_is_dropped() {
    // Log that was never written takes no room on the disk.
    let cluster = Cluster::start("slots", &["wal_init_zero = off"]);
    let patient = open(&cluster).await;
    let slot = "select pg_create_physical_replication_slot('esquecido', true)";
    patient.session.run(slot).await;
    assert_eq!(patient.examine().with("esquecido"), None);
    let skip = "do $$ begin
             for n in 1..66 loop perform pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal(); end loop;
         end $$";
    patient.session.run(skip).await;
    patient
        .mend(
            "warning",
            "replication slot esquecido (inactive: nobody reads it) keeps back",
        )
        .await;
}

/// B9: a long query on a standby keeps dead rows on the primary.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_with_an_old_snapshot_is_told() {
    let primary = Cluster::start("primary", &[]);
    let patient = open(&primary).await;
    patient
        .session
        .run("select pg_create_physical_replication_slot('espelho', true)")
        .await;
    let database = patient.database.clone();
    drop(patient);
    primary.stop(Stop::Fast);
    let standby = primary.start_standby("espelho");
    primary.resume();
    let session = database.session().await;
    let patient = Patient { database, session };
    let report = standby.copied(&patient.database).session().await;
    report
        .run("begin isolation level repeatable read; select count(*) from pedidos")
        .await;
    let told = "select count(*) from pg_replication_slots where xmin is not null";
    wait::until("the standby has told of its snapshot", async || {
        patient.session.count(told).await == 1
    })
    .await;
    let name = "replication slot espelho (active";
    assert_eq!(patient.examine().with(name), None);
    // One in each part of a transaction that writes.
    let use_up = "create temporary table used (n integer);
         do $$ begin
             for n in 1..100001 loop
                 begin insert into used values (n); exception when division_by_zero then null; end;
             end loop;
         end $$";
    patient.session.run(use_up).await;
    let found = patient.finding("warning", name);
    assert!(found.what.contains("transactions old"), "{found:?}");
    let person = standby.administration().session().await;
    let (statements, place) = found.remedy.split_once("; -- ").expect("a place");
    assert_eq!(place, "on the standby that reads it");
    for statement in statements.split("; ") {
        person.run(statement).await;
    }
    patient.until_silent(name).await;
}
