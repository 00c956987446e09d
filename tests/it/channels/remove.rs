//! `zapgres channel remove`: what waits for a channel outlives it.

use crate::cluster::plain;
use crate::daemon::{run, succeed};
use crate::delivery::stand::Stand;
use crate::wait;

/// Waits until as many notifications wait for this channel.
async fn until_waiting_for(stand: &Stand, channel: &str, count: u64) {
    let query = format!(
        "select count(*) from zap.notification_queue as q
         join zap.channel as c on c.id = q.channel_id
         where c.name = '{channel}' and q.resolved_at is not null and q.status = 'pending'"
    );
    wait::until(&format!("{count} wait for {channel}"), async || {
        stand.session.count(&query).await == count
    })
    .await;
}

/// O7: what waits for a removed channel is sent by another one of its company.
#[tokio::test]
async fn what_waits_for_a_removed_channel_goes_to_another() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    succeed(&stand.database, &["channel", "pause", "channel_1"]);
    stand.place(1..=3).await;
    until_waiting_for(&stand, "channel_1", 3).await;
    let url = stand.provider.url();
    stand.add_second_channel("second", &url, -1).await;
    let output = run(&stand.database, &["channel", "remove", "channel_1"]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && complaint.contains("--yes"),
        "{complaint}"
    );
    let said = succeed(
        &stand.database,
        &["channel", "remove", "channel_1", "--yes"],
    );
    assert!(
        said.contains("notifications that waited for it: 3"),
        "{said}"
    );
    stand.until_accepted(3).await;
    assert_eq!(stand.texts_of("second").await.len(), 3);
    let told = "select detail from zap.notification_logs where event = 'channel_removed'";
    assert_eq!(
        stand.session.column(told).await,
        ["channel channel_1, by postgres"]
    );
    let output = run(
        &stand.database,
        &["channel", "remove", "channel_1", "--yes"],
    );
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{complaint}");
    assert!(
        complaint.contains("there is no channel channel_1"),
        "{complaint}"
    );
}

/// O7: without another channel it waits for one.
#[tokio::test]
async fn what_waits_for_the_last_channel_waits_for_the_next() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    succeed(&stand.database, &["channel", "pause", "channel_1"]);
    stand.place([1]).await;
    until_waiting_for(&stand, "channel_1", 1).await;
    succeed(
        &stand.database,
        &["channel", "remove", "channel_1", "--yes"],
    );
    wait::until("it waits for a channel", async || {
        stand.of_order(1, "reason").await == "no_channel"
    })
    .await;
    stand.add_channel("1").await;
    stand.until_accepted(1).await;
    assert_eq!(stand.of_order(1, "attempts").await, "1");
}
