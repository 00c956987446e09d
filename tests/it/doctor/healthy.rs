//! Where all is well, nothing is to be mended.

use super::patient::examine;
use crate::cluster::Cluster;
use crate::daemon;
use crate::delivery::stand::Stand;
use crate::wait;

/// A shop on a cluster of its own, as the guide has it made: preloaded, with its roles, and with a daemon at work.
async fn open() -> (Cluster, Stand) {
    let cluster = Cluster::start(
        "healthy",
        &[
            "shared_preload_libraries = 'zapgres'",
            "zap.databases = 'loja'",
            "max_worker_processes = 20",
        ],
    );
    let database = cluster.database_named("loja").await;
    let stand = Stand::open_in(database, &crate::shop::tables("bigint")).await;
    let index = "create index on pedidos (created_at)";
    stand.session.run(index).await;
    daemon::succeed(&stand.database, &["setup"]);
    (cluster, stand)
}

/// B4, B1: a healthy shop has no warning, the way to the daemon is measured, and the provider asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_shop_has_nothing_to_mend() {
    let (cluster, stand) = open().await;
    stand.place([1]).await;
    let daemon = stand.daemon();
    stand.until_accepted(1).await;
    stand.until_done().await;
    let healthy = || examine(&stand.database, "postgres", &[]);
    let mut examined = healthy();
    // The notifier is started within moments after the database is there; and the way to the daemon takes time, which a
    // busy machine has not always.
    wait::holds_within(wait::PATIENCE, async || {
        examined = healthy();
        examined.code == 0
    })
    .await;
    assert_eq!(examined.complaints(), [], "{:#}", examined.said);
    assert_eq!(examined.code, 0);
    assert_eq!(examined.said["summary"]["error"], 0);
    for text in [
        "the notifier of this database runs",
        "a commit wakes the daemon within",
        "channel channel_1 is connected",
        "the context query of public.pedido_itens (source 1) works: order 1",
        "is at work since",
        "events are captured on public.pedido_itens",
    ] {
        assert!(examined.with(text).is_some(), "{text}: {:#}", examined.said);
    }
    daemon.terminate().await;
    drop(cluster);
}

/// B4: for people, the same by area, with a last line that sums up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_read_it_by_area() {
    let patient = super::patient::Patient::open().await;
    let output = daemon::run(&patient.database, &["doctor", "--no-providers"]);
    let said = String::from_utf8_lossy(&output.stdout);
    for text in [
        "\nsources\n  ",
        "✔ ",
        "! ",
        "✘ ",
        "      zapgres run\n",
        " to know, ",
    ] {
        assert!(said.contains(text), "{text:?}: {said}");
    }
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(
        output.stderr, b"",
        "findings are no complaint about the command"
    );
    assert_eq!(said.matches("\nsources\n").count(), 1, "{said}");
}

/// B4: whoever may only look is told what was not looked at, and nothing wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_is_told_what_could_not_be_looked_at() {
    let (_cluster, stand) = open().await;
    stand
        .session
        .run("create role olho login; grant zap_reader to olho")
        .await;
    stand.place([1]).await;
    let examined = examine(&stand.database, "olho", &["--no-providers"]);
    for finding in examined.findings() {
        let is_lack = finding.what.contains("want of a right");
        assert!(!is_lack || finding.severity == "info", "{finding:?}");
        assert!(
            finding.severity != "error" || finding.area == "daemons",
            "{finding:?}"
        );
    }
    let text = "context queries are not tried";
    assert_eq!(
        examined.with(text).map(|found| found.severity),
        Some("info".to_owned())
    );
}

/// B4: roles and grants are compared with what setup gives; the query that the daemon may not run is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_roles_and_grants_are_told() {
    let (_cluster, stand) = open().await;
    stand.place([1]).await;
    let look = || {
        examine(
            &stand.database,
            "postgres",
            &["--no-wake", "--no-providers"],
        )
    };
    stand
        .session
        .run("revoke insert on zap.notification_queue from zap_daemon; revoke select on pedidos from zap_daemon")
        .await;
    let examined = look();
    for text in [
        "zap_daemon lacks insert on zap.notification_queue",
        "permission denied for table pedidos",
    ] {
        let found = examined.with(text).expect(text);
        assert_eq!(
            (found.severity.as_str(), found.remedy.as_str()),
            ("error", "zapgres setup")
        );
    }
    daemon::succeed(&stand.database, &["setup"]);
    assert_eq!(look().with("zap_daemon lacks"), None);
    assert_eq!(look().with("permission denied"), None);
    daemon::succeed(&stand.database, &["setup", "--remove"]);
    let found = look()
        .with("there is no role zap_admin, zap_daemon, zap_reader")
        .expect("missing roles");
    assert_eq!(
        (found.severity.as_str(), found.remedy.as_str()),
        ("warning", "zapgres setup")
    );
}
