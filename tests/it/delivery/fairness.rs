//! One company's crowd keeps nobody else waiting.

use super::stand::Stand;
use crate::cluster::plain;
use crate::{shop, wait};

/// Of a crowd that would be thousands, how many may be served while another company's order waits. How long that is
/// depends on the machine, which serves the crowd as slowly.
const BEFORE: u64 = 1_000;

/// Orders that wait; the middle one counts.
const SAMPLES: u32 = 9;

/// Notifications that intake takes at a time.
const BATCH: u64 = 500;

/// Rows that are put into the queue at a time.
const ROUND: u32 = 100_000;

/// Company 1 is the crowd, company 2 the one that must not notice.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand
}

async fn place(stand: &Stand, key: u32) {
    let order = shop::order_at(2, key) + &shop::item(key);
    stand.session.run(&format!("begin; {order} commit")).await;
}

/// Places an order of company 2, and waits until the provider has accepted it; how many others it accepted meanwhile.
async fn send(stand: &Stand, key: u32) -> u64 {
    let before = stand.provider.count().await;
    place(stand, key).await;
    let text = key.to_string();
    wait::until("the other company's order is accepted", async || {
        let messages = stand.provider.messages_at("instance_2").await;
        messages.iter().any(|message| message["text"] == *text)
    })
    .await;
    stand.provider.count().await - before - 1
}

/// Notifications of company 1 that only wait to be sent.
async fn fill(stand: &Stand, rows: u32) {
    for first in (0..rows).step_by(ROUND as usize) {
        let statement = format!(
            "insert into zap.notification_queue (
                 source_id, event, subject, dedup_key, tenant_id, channel_id, recipient, body, resolved_at,
                 expires_at, max_attempts
             )
             select
                 s.id, s.event, 'crowd-' || n, s.event || ':crowd-' || n, c.tenant_id, c.id,
                 '+55119' || 20000000 + n, 'crowd-' || n, now(), now() + interval '6 hours', 8
             from zap.source as s, zap.channel as c, generate_series({first} + 1, {last}) as n
             where c.tenant_id = '1'",
            last = rows.min(first + ROUND),
        );
        stand.session.run(&statement).await;
    }
}

/// Fairness: so many rows of one company are ready.
async fn beside_a_backlog(rows: u32) {
    let stand = open().await;
    fill(&stand, rows).await;
    let _daemon = stand.daemon();
    wait::until("the backlog is being sent", async || {
        stand.provider.count().await > 100
    })
    .await;
    let mut passed = Vec::new();
    for key in 1..=SAMPLES {
        passed.push(send(&stand, key).await);
    }
    assert!(
        stand.provider.count().await < u64::from(rows),
        "the backlog was gone"
    );
    println!("passed by {passed:?} of {rows}");
    passed.sort_unstable();
    assert!(passed[passed.len() / 2] <= BEFORE, "{passed:?}");
}

/// Q1, fairness: many rows of one company are ready.
#[tokio::test]
async fn a_backlog_delays_no_other_company() {
    beside_a_backlog(ROUND).await;
}

/// Q1, fairness: a million rows of one company are ready.
#[tokio::test]
#[ignore = "takes minutes: make test-chaos"]
async fn a_backlog_of_a_million_delays_no_other_company() {
    beside_a_backlog(10 * ROUND).await;
}

/// Q1, fairness: one company imports orders that nobody has looked at yet: another one's order waits for a few batches of
/// them and not for all.
#[tokio::test]
async fn an_import_delays_no_other_company() {
    let stand = open().await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    stand.session.run(&shop::import(1_001..=41_000, 1)).await;
    for key in 1..=SAMPLES {
        place(&stand, key).await;
        wait::until("the other company's order is looked at", async || {
            stand.of_order(key, "resolved_at is not null").await == "t"
        })
        .await;
    }
    let left = "select count(*) from zap.notification_queue where resolved_at is null";
    assert_ne!(stand.session.count(left).await, 0, "the import was over");
    // How many of the import were looked at while each of them waited.
    let passed = format!(
        "select (
             select count(*) from zap.notification_queue as i
             where i.subject::int > 1000 and i.resolved_at > q.created_at and i.resolved_at < q.resolved_at
         ) as passed from zap.notification_queue as q where q.subject::int <= {SAMPLES} order by passed"
    );
    let passed: Vec<u64> = (stand.session.column(&passed).await.iter())
        .map(|count| count.parse().expect("a count"))
        .collect();
    assert!(passed[passed.len() / 2] <= 4 * BATCH, "{passed:?}");
}

/// P2: somebody who is owed very many messages, one per minute, holds nobody else of the channel up.
#[tokio::test]
async fn one_recipient_with_very_many_messages_holds_nobody_else_up() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set recipient_interval = '1 minute', recipient_burst = 1")
        .await;
    stand.queue_many("channel_1", 600, "'+5511987650000'").await;
    stand.queue("last", "for somebody else", &[]).await;
    let arguments = ["--sweep-interval", "0", "--claim-batch", "20"];
    let _daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    // Both are on their way at once: which one arrives first is not said.
    stand.until_accepted_count(2).await;
    let mut texts = stand.provider.texts().await;
    texts.sort();
    assert_eq!(texts, ["1", "for somebody else"]);
}

/// Q1: nor does one without a limit lose any, or their order.
#[tokio::test]
async fn very_many_messages_to_one_recipient_arrive_in_order() {
    let stand = Stand::open(plain()).await;
    stand.queue_many("channel_1", 350, "'+5511987650000'").await;
    let arguments = ["--sweep-interval", "0", "--claim-batch", "200"];
    let _daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    stand.until_done().await;
    let texts: Vec<u32> = stand
        .provider
        .texts()
        .await
        .iter()
        .map(|text| text.parse().expect("a number"))
        .collect();
    assert_eq!(texts, (1..=350).collect::<Vec<_>>());
}
