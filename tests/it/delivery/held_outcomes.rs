//! Outcomes that cannot be written, because somebody holds their rows or the server refuses them: they hold up no others.

use std::time::{Duration, Instant};

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::shop::{item, order_at};
use crate::wait;

/// Less than the 30 s that a statement may take: nobody has waited for one that hangs.
const SOON: Duration = Duration::from_secs(25);

/// Orders of companies 1 and 3, whose requests are on their way for a while, one longer than the other: their outcomes are
/// not written together.
async fn two_in_flight() -> (Stand, Daemon) {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand
        .session
        .run("insert into empresas values (3, 'Sushi Yuki')")
        .await;
    stand.add_channel("3").await;
    stand
        .provider
        .order_faults(&json!([
            {"kind": "delay", "ms": 8000, "instance": "instance_1"},
            {"kind": "delay", "ms": 10_000, "instance": "instance_3"},
        ]))
        .await;
    for (company, key) in [(1, 1), (3, 2)] {
        let order = format!("begin; {}{} commit;", order_at(company, key), item(key));
        stand.session.run(&order).await;
    }
    let daemon = stand.daemon();
    let processing = "select count(*) from zap.notification_queue where status = 'processing'";
    wait::until("both are in flight", async || {
        stand.session.count(processing).await == 2
    })
    .await;
    (stand, daemon)
}

async fn place_for_company_2(stand: &Stand, keys: std::ops::RangeInclusive<u32>) {
    let orders: String = keys
        .map(|key| format!("begin; {}{} commit;", order_at(2, key), item(key)))
        .collect();
    stand.session.run(&orders).await;
}

async fn are_sent_soon(stand: &Stand, condition: &str, count: u64) -> bool {
    let sent = format!(
        "select count(*) from zap.notification_queue where status = 'sent' and {condition}"
    );
    wait::holds_within(SOON, async || stand.session.count(&sent).await == count).await
}

/// B8: rows that people hold locked keep no company from having its outcomes written, and are written when they are free.
#[tokio::test]
async fn rows_that_people_hold_hold_up_nobody_else() {
    let (stand, daemon) = two_in_flight().await;
    let (one, other) = (
        stand.database.session().await,
        stand.database.session().await,
    );
    for (person, subject) in [(&one, 1), (&other, 2)] {
        person
            .run(&format!(
                "begin; update zap.notification_queue set priority = 1 where subject = '{subject}'"
            ))
            .await;
    }
    stand.until_accepted(2).await;
    place_for_company_2(&stand, 3..=7).await;
    assert!(
        are_sent_soon(&stand, "tenant_id = '2'", 5).await,
        "they wait for what people do"
    );
    daemon
        .until_it_says("somebody holds a lock on their notifications")
        .await;
    one.run("commit").await;
    other.run("rollback").await;
    assert!(are_sent_soon(&stand, "true", 7).await);
    assert!(stand.accepted().await.values().all(|times| *times == 1));
}

/// B8: an outcome that the server refuses holds up nobody, and is written when it is refused no longer.
#[tokio::test]
async fn an_outcome_that_is_refused_holds_up_nobody_else() {
    let (stand, daemon) = two_in_flight().await;
    stand
        .session
        .run(
            "alter table zap.notification_queue
             add constraint whim check (subject not in ('1', '2') or status <> 'sent') not valid",
        )
        .await;
    let told = || daemon.log().matches("is refused").count();
    wait::until("both are told", async || told() >= 2).await;
    // If each waited until the refused ones are tried again, which is every 5 s in the end, it would be two minutes.
    let begin = Instant::now();
    for key in 3..=27 {
        place_for_company_2(&stand, key..=key).await;
        stand.until_status(key, "sent").await;
    }
    assert!(begin.elapsed() < wait::PATIENCE, "{:?}", begin.elapsed());
    assert_eq!(told(), 2, "told once each");
    stand
        .session
        .run("alter table zap.notification_queue drop constraint whim")
        .await;
    assert!(are_sent_soon(&stand, "true", 27).await);
    assert!(stand.accepted().await.values().all(|times| *times == 1));
}
