//! From an order to the second tick: sent by the daemon, told by the provider.

use super::stand::{NUMBER, Stand, receipts, status};
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::{shop, wait};

async fn until_asked_for(stand: &Stand) -> String {
    wait::until("a message is asked for", async || {
        !stand.graph.messages().is_empty()
    })
    .await;
    let message = stand.graph.messages().remove(0);
    let reference = message["biz_opaque_callback_data"].as_str();
    reference.expect("our name of the message").to_owned()
}

async fn events(stand: &Stand) -> Vec<String> {
    let events = "select event from zap.notification_logs where event in ('sent', 'delivered', 'read') order by id";
    stand.session.column(events).await
}

/// C8: an order is sent, delivered and read, and whoever looks sees it.
#[tokio::test]
async fn an_order_is_followed_to_its_reader() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    shop::place(&stand.session, 1).await;
    stand.until_statuses(&["sent"]).await;
    let noted = "select m.provider_message_id, m.attempt from zap.sent_message as m
         join zap.notification_queue as q on q.id = m.notification_id where q.subject = '1'";
    assert_eq!(stand.session.rows(noted).await, [["wamid.1", "1"]]);
    for name in ["delivered", "read"] {
        let now = stand.now().await;
        receiver
            .deliver(&receipts(&[status("wamid.1", name, now)]))
            .await;
        stand.until_statuses(&[name]).await;
    }
    assert_eq!(events(&stand).await, ["sent", "delivered", "read"]);
}

/// C8: a receipt may be quicker than the answer that tells the message's id.
#[tokio::test]
async fn a_receipt_before_the_answer_is_not_lost() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    stand.graph.keep_silent();
    shop::place(&stand.session, 1).await;
    until_asked_for(&stand).await;
    let now = stand.now().await;
    receiver
        .deliver(&receipts(&[status("wamid.1", "delivered", now)]))
        .await;
    let looked = "select attempts >= 1 from zap.inbound_event";
    wait::until("it is looked at", async || {
        stand.session.value(looked).await == "t"
    })
    .await;
    assert_eq!(stand.statuses().await, ["processing"]);
    stand.graph.answer();
    stand.until_statuses(&["delivered"]).await;
    let times = "select sent_at <= delivered_at from zap.notification_queue";
    assert_eq!(stand.session.value(times).await, "t");
}

/// B2: with our own name of the message, it proves the acceptance, and the answer adds nothing.
#[tokio::test]
async fn a_receipt_with_our_name_needs_no_answer() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    stand.graph.keep_silent();
    shop::place(&stand.session, 1).await;
    let reference = until_asked_for(&stand).await;
    let now = stand.now().await;
    for name in ["failed", "delivered", "sent"] {
        let mut told = status("wamid.1", name, now);
        told["biz_opaque_callback_data"] = reference.clone().into();
        receiver.deliver(&receipts(&[told])).await;
        let looked =
            "select count(*) from zap.inbound_event where processed_at is null and attempts = 0";
        wait::until("it is looked at", async || {
            stand.session.count(looked).await == 0
        })
        .await;
    }
    stand.until_statuses(&["delivered"]).await;
    stand.graph.answer();
    // The lane goes on when the answer is written.
    shop::place(&stand.session, 2).await;
    stand.until_statuses(&["delivered", "sent"]).await;
    stand.until_read().await;
    let row = "select status, attempts, error_class, provider_message_id from zap.notification_queue where subject = '1'";
    assert_eq!(
        stand.session.rows(row).await,
        [["delivered", "1", "null", "wamid.1"]]
    );
}

/// P3: who receives need not be who sends.
#[tokio::test]
async fn any_daemon_receives() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(1).await;
    let sender = Daemon::start(
        &stand.database,
        &["--name", "sender", "--sweep-interval", "0"],
    );
    let owner = format!(
        "select s.lease_owner from zap.channel_state as s join zap.channel as c on c.id = s.channel_id
         where c.instance = '{NUMBER}'"
    );
    wait::until("the sender has the channel", async || {
        stand.session.column(&owner).await == ["sender"]
    })
    .await;
    sender.signal("STOP");
    let receiver = stand.receive_with(&["--name", "receiver"]).await;
    let now = stand.now().await;
    receiver
        .deliver(&receipts(&[status("message.1", "read", now)]))
        .await;
    stand.until_statuses(&["read"]).await;
    assert_eq!(stand.session.column(&owner).await, ["sender"]);
    sender.signal("CONT");
}
