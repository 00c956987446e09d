//! The way from a commit to the daemon, measured where nothing arrives.

use std::process::Command;

use super::patient::{Examined, Patient, examine, examine_in};
use crate::cluster::{Cluster, plain};
use crate::shop;
use crate::wait;

const LOST: &str = "a commit did not wake a listening session within 2 s";
const HEARD: &str = "a commit wakes the daemon within";

fn look(patient: &Patient) -> Examined {
    examine(&patient.database, "postgres", &["--no-providers"])
}

fn signal(name: &str, pid: &str) {
    let sent = Command::new("kill").args([name, pid]).status();
    assert!(sent.expect("run kill").success());
}

/// B1, B4: a notifier that hangs is there, and tells nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notifier_that_hangs_is_told() {
    let cluster = Cluster::start(
        "hangs",
        &[
            "shared_preload_libraries = 'zapgres'",
            "zap.databases = 'loja'",
            "max_worker_processes = 20",
        ],
    );
    let (database, session) = shop::open_in(
        cluster.database_named("loja").await,
        &shop::tables("bigint"),
    )
    .await;
    let patient = Patient { database, session };
    let notifier = "select pid from pg_stat_activity
         where backend_type = 'zapgres notifier' and datname = current_database()";
    wait::until("a notifier tells", async || {
        look(&patient).with(HEARD).is_some() && patient.session.column(notifier).await.len() == 1
    })
    .await;
    let pid = patient.session.value(notifier).await;
    signal("-STOP", &pid);
    let examined = look(&patient);
    let found = examined.with(LOST);
    signal("-CONT", &pid);
    let found = found.unwrap_or_else(|| panic!("{:#}", examined.said));
    assert_eq!((found.severity.as_str(), examined.code), ("error", 2));
    assert_eq!(found.area, "wake");
    let statement = found.remedy.split("; --").next().expect("a statement");
    patient.session.run(statement).await;
    wait::until("another notifier tells", async || {
        let now = patient.session.column(notifier).await;
        now.first().is_some_and(|now| *now != pid) && look(&patient).with(HEARD).is_some()
    })
    .await;
}

/// B4: a daemon that listens elsewhere hears nothing of this database's orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ear_in_another_database_is_told() {
    let patient = Patient::open().await;
    let elsewhere = plain().administration().url("postgres");
    let listen = [("ZAPGRES_LISTEN_URL", elsewhere.as_str())];
    let examined = examine_in(&patient.database, "postgres", &["--no-providers"], &listen);
    let told = "the daemon listens in database postgres, where nobody tells";
    let found = examined
        .with(told)
        .unwrap_or_else(|| panic!("{:#}", examined.said));
    assert_eq!(found.severity, "error");
    assert!(look(&patient).with(HEARD).is_some());
}
