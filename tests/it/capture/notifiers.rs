//! The workers of a server that preloads the library: a launcher, and one notifier for each database that has one.

use super::wake::{listener, until_there_is_a_notifier};
use crate::cluster::{Cluster, Stop, preloaded};
use crate::session::Session;
use crate::shop;
use crate::wait;

/// Starts a cluster with notifiers for these databases, once they exist.
fn start(name: &str, databases: &str) -> Cluster {
    Cluster::start(
        name,
        &[
            "shared_preload_libraries = 'zapgres'",
            &format!("zap.databases = '{databases}'"),
        ],
    )
}

/// Names of the databases that have a notifier, as often as they have one.
async fn notified(session: &Session) -> Vec<String> {
    let query = "select datname from pg_stat_activity
         where backend_type = 'zapgres notifier' and datname is not null order by 1";
    session.column(query).await
}

async fn until_notified(session: &Session, database: &str) {
    wait::until(&format!("{database} has a notifier"), async || {
        notified(session).await.iter().any(|name| name == database)
    })
    .await;
}

async fn pids(session: &Session, worker: &str, database: &str) -> Vec<String> {
    let query = format!(
        "select pid from pg_stat_activity
         where backend_type = 'zapgres {worker}' and coalesce(datname, '') = '{database}'"
    );
    session.column(&query).await
}

async fn terminate(session: &Session, pid: &str) {
    session
        .run(&format!("select pg_terminate_backend({pid})"))
        .await;
}

/// B1: after a restart, too, each listed database that exists has one notifier, and can be dropped.
#[tokio::test]
async fn a_restart_starts_one_notifier_for_each_database() {
    let cluster = start("notifiers", "test_0, test_1, late_0, late_1, never_made");
    cluster.database().await;
    cluster.database().await;
    cluster.database_named("not_listed").await;
    cluster.stop(Stop::Fast);
    cluster.resume();
    let admin = cluster.administration().session().await;
    until_notified(&admin, "test_0").await;
    until_notified(&admin, "test_1").await;
    // Each of these shows that the launcher has looked once more since.
    for late in ["late_0", "late_1"] {
        cluster.database_named(late).await;
        until_notified(&admin, late).await;
    }
    assert_eq!(
        notified(&admin).await,
        ["late_0", "late_1", "test_0", "test_1"]
    );
    admin.run("drop database test_1").await;
    assert_eq!(notified(&admin).await, ["late_0", "late_1", "test_0"]);
}

/// B1: an operator may end the launcher and a notifier: both come back, and wake the daemon.
#[tokio::test]
async fn terminated_workers_come_back() {
    let cluster = start("terminated", "test_0");
    let (database, s) = shop::open(&cluster).await;
    let admin = cluster.administration().session().await;
    let listener = listener(&database).await;
    until_there_is_a_notifier(&listener, &s).await;
    let launcher = pids(&admin, "launcher", "").await.remove(0);
    terminate(&admin, &launcher).await;
    wait::until("there is another launcher", async || {
        let launchers = pids(&admin, "launcher", "").await;
        launchers.iter().any(|pid| *pid != launcher)
    })
    .await;
    let notifier = pids(&admin, "notifier", database.name()).await;
    assert_eq!(notifier.len(), 1, "it outlives the launcher");
    terminate(&admin, &notifier[0]).await;
    until_notified_by_another(&admin, database.name(), &notifier[0]).await;
    s.run("delete from pedidos; delete from zap.notification_queue")
        .await;
    until_there_is_a_notifier(&listener, &s).await;
}

async fn until_notified_by_another(session: &Session, database: &str, pid: &str) {
    wait::until("there is another notifier", async || {
        let notifiers = pids(session, "notifier", database).await;
        notifiers.iter().any(|other| other != pid)
    })
    .await;
}

/// B1: who may not drop a database cannot take its notifier away by trying to.
#[tokio::test]
async fn a_refused_drop_leaves_the_notifier_alone() {
    let database = preloaded().database().await;
    let admin = preloaded().administration().session().await;
    until_notified(&admin, database.name()).await;
    let before = pids(&admin, "notifier", database.name()).await;
    admin.run("create role visitor login").await;
    let visitor = preloaded().administration().session_as("visitor").await;
    let refused = visitor
        .error(&format!("drop database {}", database.name()))
        .await;
    assert_eq!(refused.code().code(), "42501");
    assert_eq!(pids(&admin, "notifier", database.name()).await, before);
}
