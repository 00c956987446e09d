//! The server's settings, the installation, and time.

use super::patient::{Patient, examine};
use crate::cluster::plain;
use crate::daemon;
use crate::database::Database;

/// B1: without the library preloaded, commits wake the daemon all the same, and the doctor says what that costs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_that_is_not_preloaded_is_told() {
    let patient = Patient::open().await;
    let found = patient.finding("warning", "shared_preload_libraries does not have zapgres");
    assert_eq!(
        found.remedy,
        "alter system set shared_preload_libraries = 'zapgres'; -- then restart the server"
    );
    let examined = examine(&patient.database, "postgres", &["--no-providers"]);
    let woken = examined
        .with("a commit wakes the daemon within")
        .expect("a time");
    assert_eq!(woken.severity, "ok");
}

/// B1, B4: a database that has no notifier of its own, on a server that has the library.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_a_notifier_is_told() {
    let cluster = crate::cluster::Cluster::start(
        "unnamed",
        &[
            "shared_preload_libraries = 'zapgres'",
            "zap.databases = 'other, another'",
        ],
    );
    let database = cluster.database_named("loja").await;
    let (database, session) = crate::shop::open_in(database, &crate::shop::tables("bigint")).await;
    let patient = Patient { database, session };
    let found = patient.finding("warning", "zap.databases does not name this database");
    assert!(
        found
            .remedy
            .starts_with("alter system set zap.databases = 'other,another,loja';"),
        "{found:?}"
    );
}

/// B4: orders of a role or database for which capture is turned off are lost for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capture_that_is_turned_off_is_turned_on() {
    let patient = Patient::open().await;
    let name = patient.database.name().to_owned();
    for (place, said) in [
        (
            format!("database {name}"),
            format!("off for database {name}"),
        ),
        (
            format!("role postgres in database {name}"),
            format!("off for role postgres in database {name}"),
        ),
    ] {
        let turned_off = format!("alter {place} set zap.enabled = off");
        patient.session.run(&turned_off).await;
        patient.mend("warning", &said).await;
    }
    patient
        .session
        .run(&format!("alter database {name} set zap.wake = poll"))
        .await;
    patient
        .mend("warning", "zap.wake is poll for database")
        .await;
    assert!(patient.examine().with("capture is on everywhere").is_some());
}

/// B9: a copy sends nothing until it is adopted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_adopted() {
    let patient = Patient::open().await;
    assert!(
        patient
            .examine()
            .with("the database that is meant to send")
            .is_some()
    );
    patient
        .session
        .run("update zap.installation set system_identifier = 1")
        .await;
    let found = patient.finding("error", "this database was restored or copied");
    assert_eq!(found.remedy, "zapgres adopt");
    daemon::succeed(&patient.database, &["adopt", "--yes"]);
    assert_eq!(patient.examine().with("restored or copied"), None);
}

/// B4: a zone that the server does not know, as after a restore on another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_time_zone_is_told() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "alter table zap.tenant disable trigger tenant_timezone;
             insert into zap.tenant (id, timezone) values ('1', 'America/Nowhere');
             alter table zap.tenant enable trigger tenant_timezone",
        )
        .await;
    patient.mend("warning", "time zone America/Nowhere").await;
}

/// B4: a database without the extension, and a server that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_worked_with_is_an_error() {
    let database = plain().database().await;
    let examined = examine(&database, "postgres", &[]);
    let found = examined
        .with("the extension zapgres is not installed")
        .expect("a finding");
    assert_eq!(
        (found.remedy.as_str(), examined.code),
        ("create extension zapgres;", 2)
    );
    let nowhere = Database::new(std::path::Path::new("/nonexistent"), "nowhere");
    let examined = examine(&nowhere, "postgres", &[]);
    assert!(
        examined.with("cannot reach PostgreSQL").is_some(),
        "{:#}",
        examined.said
    );
    assert_eq!(examined.code, 2);
}

/// B4: what a file of the server's turns off is turned on, wherever the server reads it from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_configuration_file_turns_off_is_turned_on() {
    let cluster = crate::cluster::Cluster::start(
        "turned_off",
        &[
            "zap.enabled = off",
            "zap.wake = poll",
            "full_page_writes = off",
            "autovacuum = off",
        ],
    );
    let database = cluster.database().await;
    let (database, session) = crate::shop::open_in(database, &crate::shop::tables("bigint")).await;
    session
        .run(
            "alter role all set zap.enabled = off; alter role all set zap.wake = poll;
             alter role all set synchronous_commit = off",
        )
        .await;
    let patient = Patient { database, session };
    let examined = patient.examine();
    let found = examined.with("synchronous_commit is off for every role");
    assert_eq!(found.map(|found| found.severity), Some("info".to_owned()));
    for (severity, said) in [
        ("error", "full_page_writes is off"),
        ("warning", "autovacuum is off"),
        ("warning", "zap.enabled is off for every role"),
        ("warning", "zap.wake is poll for every role"),
        ("warning", "zap.enabled is off for the server"),
        ("warning", "zap.wake is poll for the server"),
    ] {
        let found = patient.finding(severity, said);
        for statement in found
            .remedy
            .split(';')
            .filter(|part| !part.trim().is_empty())
        {
            patient.session.run(statement).await;
        }
        patient.until_silent(said).await;
    }
}
