//! The commands beside `zapgres run`.

use std::process::Stdio;

use super::stand::Stand;
use crate::cluster::{Cluster, plain};
use crate::daemon::{self, Daemon, zapgres};
use crate::sandbox::Provider;
use crate::shop;
use crate::wait;

/// O7: a channel from the command line sends. The command asks the sandbox, which this process has to serve meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_added() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("delete from zap.channel; delete from zap.tenant")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    let url = stand.provider.url();
    let mut arguments = vec![
        "channel",
        "add",
        "main",
        "--provider",
        "evolution",
        "--url",
        &url,
    ];
    arguments.extend([
        "--instance",
        "bela",
        "--credential",
        "env:SANDBOX_KEY",
        "--tenant",
        "1",
    ]);
    arguments.extend(["--rate", "30/min", "--delay", "1s..3s"]);
    daemon::succeed(&stand.database, &arguments);
    stand.until_accepted(1).await;
    let channel =
        "select tenant_id, name, provider, base_url, instance, credential, rate_per_minute,
         delay_min, delay_max from zap.channel";
    let expected = [
        "1",
        "main",
        "evolution",
        &url,
        "bela",
        "env:SANDBOX_KEY",
        "30",
        "00:00:01",
        "00:00:03",
    ];
    assert_eq!(stand.session.rows(channel).await, [expected]);
    let again = daemon::run(&stand.database, &arguments);
    let complaint = String::from_utf8_lossy(&again.stderr);
    assert!(
        !again.status.success() && complaint.contains("main"),
        "{complaint}"
    );
    assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
}

/// Bad input: a channel that could never send is refused in one line.
#[tokio::test]
async fn a_bad_channel_is_refused() {
    let (database, s) = shop::open(plain()).await;
    let good = [
        ("--provider", "evolution"),
        ("--url", "http://127.0.0.1:1"),
        ("--instance", "bela"),
        ("--credential", "env:SANDBOX_KEY"),
        ("--rate", "30/min"),
        ("--delay", "1s..3s"),
    ];
    let bad = [
        ("--provider", "pigeon"),
        ("--url", "no address"),
        ("--credential", "s3cr3t-key"),
        ("--rate", "fast"),
        ("--delay", "3s..1s"),
    ];
    for (option, value) in bad {
        let mut arguments = vec!["channel", "add", "main"];
        for (name, usual) in good {
            arguments.extend([name, if name == option { value } else { usual }]);
        }
        let output = daemon::run(&database, &arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{option} {value}: {complaint}");
        assert_eq!(
            complaint.trim_end().lines().count(),
            1,
            "{option} {value}: {complaint}"
        );
    }
    assert_eq!(s.value("select count(*) from zap.channel").await, "0");
}

/// O12: the sandbox as a command; a port that is in use is told in one line.
#[tokio::test]
async fn the_sandbox_says_when_its_port_is_in_use() {
    let provider = Provider::start();
    let address = provider.url().replace("http://", "");
    let mut command = zapgres(&["sandbox", "--listen", &address]);
    let output = command.stdin(Stdio::null()).output().expect("run zapgres");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && complaint.contains(&address),
        "{complaint}"
    );
    assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
}

/// O12: the sandbox as a command serves, and ends when told to.
#[tokio::test]
async fn the_sandbox_serves_until_it_is_stopped() {
    let free = Provider::start().stop().await.to_string();
    let sandbox = Daemon::spawn(&mut zapgres(&["sandbox", "--listen", &free]));
    let answers = async || tokio::net::TcpStream::connect(&free).await.is_ok();
    wait::until("the sandbox answers", answers).await;
    assert!(sandbox.terminate().await.success());
}

/// Architecture: `zapgres setup` makes roles with which the daemon does everything it has to, and no more.
#[tokio::test]
async fn the_daemon_works_with_the_rights_of_its_role() {
    let cluster = Cluster::start("setup", &[]);
    let stand = Stand::open(&cluster).await;
    let roles = "select rolname from pg_roles where rolname like 'zap\\_%' order by 1";
    daemon::succeed(&stand.database, &["setup", "--dry-run"]);
    assert_eq!(stand.session.column(roles).await, [""; 0]);
    daemon::succeed(&stand.database, &["setup"]);
    daemon::succeed(&stand.database, &["setup"]);
    assert_eq!(
        stand.session.column(roles).await,
        ["zap_admin", "zap_daemon", "zap_reader"]
    );
    stand
        .session
        .run("create role sender login in role zap_daemon")
        .await;
    let mut command = zapgres(&["run", "--sweep-interval", "1s"]);
    command.args([
        "--database-url",
        &stand.database.url("sender"),
        "--log-format",
        "text",
    ]);
    let sender = Daemon::spawn(&mut command);
    stand.place(1..=5).await;
    stand.until_accepted(5).await;
    stand
        .session
        .run("set session_replication_role = replica")
        .await;
    stand.place([6]).await;
    stand.until_accepted(6).await;
    stand.until_done().await;
    assert!(sender.terminate().await.success());
    let as_sender = stand.database.session_as("sender").await;
    for forbidden in [
        "delete from pedidos",
        "update pedidos set total = 0",
        "drop table zap.channel",
    ] {
        assert_eq!(
            as_sender.error(forbidden).await.code().code(),
            "42501",
            "{forbidden}"
        );
    }
    stand.session.run("drop role sender").await;
    daemon::succeed(&stand.database, &["setup", "--remove"]);
    assert_eq!(stand.session.column(roles).await, [""; 0]);
}
