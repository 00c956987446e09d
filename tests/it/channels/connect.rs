//! `zapgres channel connect`: a code on the terminal, and a phone that scans it.

use serde_json::json;

use super::providers::move_to;
use crate::cluster::plain;
use crate::daemon::{Daemon, run, zapgres};
use crate::delivery::stand::Stand;

fn connect(stand: &Stand, further: &[&str]) -> Daemon {
    let mut command = zapgres(&["channel", "connect", "channel_1"]);
    command.args(["--database-url", &stand.database.url("postgres")]);
    Daemon::spawn(command.args(further))
}

async fn unpair(stand: &Stand, provider: &str) {
    let unpaired = json!({"state": "disconnected", "needs_pairing": true});
    stand
        .provider
        .set_connection(provider, "instance_1", &unpaired)
        .await;
}

/// P3: the code is shown, and the command ends when a phone has scanned it.
#[tokio::test]
async fn a_code_is_shown_until_a_phone_has_scanned_it() {
    let shown_as = [
        ("evolution", "█"),
        ("zapi", "█"),
        ("waha", "█"),
        ("megaapi", "data:image/png;base64,"),
    ];
    for (provider, code) in shown_as {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        unpair(&stand, provider).await;
        let mut command = connect(&stand, &[]);
        command.until_it_says(code).await;
        assert!(stand.provider.scan(provider, "instance_1").await);
        assert!(command.ended().await.success());
        let said = command.log();
        assert!(said.contains("channel channel_1: connected"), "{said}");
    }
}

/// P3: whoever sends for the channel is told at once, and does not send after half a minute only.
#[tokio::test]
async fn its_daemon_looks_as_soon_as_the_number_is_connected() {
    let stand = Stand::open(plain()).await;
    unpair(&stand, "evolution").await;
    let due = "insert into zap.channel_health (channel_id, health_due_at)
         select c.id, now() + interval '1 hour' from zap.channel as c";
    stand.session.run(due).await;
    let mut command = connect(&stand, &[]);
    command.until_it_says("█").await;
    assert!(stand.provider.scan("evolution", "instance_1").await);
    assert!(command.ended().await.success());
    let is_due = "select count(*) from zap.channel_health where health_due_at <= now()";
    assert_eq!(stand.session.count(is_due).await, 1);
}

/// P3: where there is no camera, a code is typed.
#[tokio::test]
async fn a_code_to_type_is_shown_for_a_number() {
    for provider in ["zapi", "waha"] {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        unpair(&stand, provider).await;
        let mut command = connect(&stand, &["--phone", "+5511987654321"]);
        command.until_it_says("and type this code: ").await;
        assert!(!command.log().contains('█'), "{}", command.log());
        assert!(stand.provider.scan(provider, "instance_1").await);
        assert!(command.ended().await.success());
    }
}

/// P3: a number that is connected needs no code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connected_number_needs_no_code() {
    let stand = Stand::open(plain()).await;
    let mut command = connect(&stand, &[]);
    assert!(command.ended().await.success());
    assert!(!command.log().contains('█'), "{}", command.log());
}

/// P3: nobody waits for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_nobody_scans_is_a_failure() {
    let stand = Stand::open(plain()).await;
    unpair(&stand, "evolution").await;
    let mut command = connect(&stand, &["--for", "1s"]);
    assert!(!command.ended().await.success());
    assert!(command.log().contains("within 1s"), "{}", command.log());
}

/// P3: what a provider cannot do is told in one line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_at_meta_is_connected_by_nobody_here() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let output = run(&stand.database, &["channel", "connect", "channel_1"]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{complaint}");
    assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
}
