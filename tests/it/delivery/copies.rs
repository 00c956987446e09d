//! A copy of the database sends nothing until somebody says that it shall.

use std::collections::BTreeMap;
use std::time::Duration;

use super::stand::Stand;
use crate::cluster::{Cluster, Stop, plain};
use crate::daemon::{self, Daemon};
use crate::{postgres, scratch, shop, wait};

/// A restored copy of a stand whose daemon has worked, with orders 2 and 3 pending; provider and all.
pub async fn restored() -> Stand {
    restored_with(&shop::tables("bigint")).await
}

/// The same with order tables of another shape.
async fn restored_with(tables: &str) -> Stand {
    let stand = Stand::open_with(plain(), tables).await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "sent").await;
    assert!(daemon.terminate().await.success());
    stand.place([2]).await;
    stand
        .session
        .run(
            "insert into zap.missed (source_id, event, subject, first_item_known, reason)
             select id, event, '3', true, 'test' from zap.source",
        )
        .await;
    stand.session.run("set zap.enabled = off").await;
    stand.place([3]).await;
    let directory = scratch::new_path("dump");
    postgres::make_directory(&directory);
    let file = directory.join("dump");
    let mut dump = stand.database.client_program("pg_dump");
    postgres::run(dump.arg("--format=custom").arg("--file").arg(&file));
    let database = plain().database().await;
    postgres::run(
        database
            .client_program("pg_restore")
            .arg("--exit-on-error")
            .arg(&file),
    );
    let session = database.session().await;
    Stand {
        database,
        session,
        provider: stand.provider,
    }
}

/// The daemon says what to do and sends nothing, for as long as one looks.
async fn sends_nothing(stand: &Stand) -> Daemon {
    let daemon = stand.daemon();
    daemon.until_it_says("zapgres adopt").await;
    let sent = async || stand.provider.texts().await.len() > 1;
    assert!(!wait::holds_within(Duration::from_secs(3), sent).await);
    daemon
}

/// B10, B9: nothing before `zapgres adopt`, and everything that was pending once after it.
#[tokio::test]
async fn a_restored_copy_sends_after_it_was_adopted() {
    let stand = restored().await;
    drop(sends_nothing(&stand).await);
    assert_eq!(stand.provider.texts().await, ["1"]);
    daemon::succeed(&stand.database, &["adopt"]);
    let _daemon = stand.daemon();
    stand.until_accepted(3).await;
    stand.until_done().await;
    assert_eq!(
        stand.accepted().await,
        BTreeMap::from([(1, 1), (2, 1), (3, 1)])
    );
}

/// B10: capture goes on in the copy meanwhile, and loses nothing.
#[tokio::test]
async fn orders_of_a_copy_wait_until_it_is_adopted() {
    let stand = restored().await;
    let daemon = sends_nothing(&stand).await;
    stand.place([4]).await;
    drop(daemon);
    daemon::succeed(&stand.database, &["adopt"]);
    daemon::succeed(&stand.database, &["adopt"]);
    let _daemon = stand.daemon();
    stand.until_accepted(4).await;
}

/// B10: sweeping a copy announces nothing either.
#[tokio::test]
async fn a_copy_is_not_swept() {
    let stand = restored().await;
    stand
        .session
        .run("set session_replication_role = replica")
        .await;
    stand.place([5]).await;
    let output = daemon::run(&stand.database, &["sweep"]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && complaint.contains("zapgres adopt"),
        "{complaint}"
    );
    assert_eq!(crate::captured::queued(&stand.session).await, ["1", "2"]);
}

/// What the copy brought along may look as if made hours from now, where the application writes another zone's time.
#[tokio::test]
async fn orders_from_before_the_adoption_stay_quiet_in_any_zone() {
    let ahead = "timestamp not null default (now() at time zone current_setting('TimeZone') + interval '3 hours')";
    let tables = shop::tables("bigint").replace("timestamptz not null default now()", ahead);
    let stand = restored_with(&tables).await;
    daemon::succeed(&stand.database, &["adopt"]);
    let begins = "select sweep_after > clock_timestamp() + interval '2 hours' from zap.source";
    assert_eq!(stand.session.value(begins).await, "t");
}

/// B10: the disk of the server was copied, and the copy started elsewhere.
#[tokio::test]
async fn a_copied_server_sends_after_it_was_adopted() {
    let original = Cluster::start("original", &[]);
    let stand = Stand::open(&original).await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "sent").await;
    assert!(daemon.terminate().await.success());
    stand.place([2]).await;
    original.stop(Stop::Fast);
    let copy = original.start_copy();
    let database = copy.copied(&stand.database);
    let session = database.session().await;
    let stand = Stand {
        database,
        session,
        provider: stand.provider,
    };
    drop(sends_nothing(&stand).await);
    daemon::succeed(&stand.database, &["adopt"]);
    let _daemon = stand.daemon();
    stand.until_accepted(2).await;
    assert_eq!(stand.accepted().await, BTreeMap::from([(1, 1), (2, 1)]));
}
