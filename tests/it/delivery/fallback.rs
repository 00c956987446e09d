//! A channel that does not work: the company's next one takes over, unless the message may have been sent.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::json;
use tokio::net::TcpSocket;

use super::stand::Stand;
use crate::cluster::plain;
use crate::wait;

/// An address where nobody listens, nor will, as long as the socket is there.
fn nowhere() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(any).expect("a free port");
    let url = format!("http://{}", socket.local_addr().expect("its address"));
    (socket, url)
}

async fn assert_said(stand: &Stand, key: u32, what: &str) {
    let query = format!(
        "select count(*) from zap.notification_logs as l
         join zap.notification_queue as q on q.id = l.notification_id
         where q.subject = '{key}' and l.detail = '{what}'"
    );
    assert_eq!(stand.session.value(&query).await, "1", "{what}");
}

/// T9: nobody answers at the first channel: everything goes by the second, and the log says why.
#[tokio::test]
async fn a_refused_connection_sends_messages_by_the_next_channel() {
    let stand = Stand::open(plain()).await;
    let (_socket, url) = nowhere();
    stand.add_second_channel("first", &url, 10).await;
    stand.place(1..=20).await;
    let _daemon = stand.daemon();
    stand.until_accepted(20).await;
    stand.until_done().await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
    assert_said(&stand, 1, "channel_down: from first to channel_1").await;
    assert_eq!(stand.of_order(1, "attempts").await, "1");
    // What comes later is routed there at once.
    let broken = "select count(*) from zap.channel_state where breaker <> 'closed'";
    assert_eq!(stand.session.value(broken).await, "1");
}

/// T9: the key is refused; and when somebody has mended it, the first channel is used again.
#[tokio::test]
async fn a_refused_key_sends_messages_by_the_next_channel_until_it_is_mended() {
    let stand = Stand::open(plain()).await;
    let url = stand.provider.url();
    stand.add_second_channel("first", &url, 10).await;
    let fault = json!({"kind": "status", "code": 401, "instance": "first"});
    stand.provider.order_faults(&fault).await;
    stand.place(1..=5).await;
    let _daemon = stand.daemon();
    stand.until_accepted(5).await;
    assert_eq!(stand.texts_of("instance_1").await.len(), 5);
    assert_said(&stand, 1, "channel_auth: from first to channel_1").await;
    stand.provider.clear_faults().await;
    let mut key = 5;
    wait::until("the first channel is used again", async || {
        key += 1;
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
        !stand.texts_of("first").await.is_empty()
    })
    .await;
    let closed =
        "select breaker from zap.channel_state as s join zap.channel as c on c.id = s.channel_id
         where c.name = 'first'";
    wait::until("it is known to work", async || {
        stand.session.value(closed).await == "closed"
    })
    .await;
}

/// B2: what may have been sent stays with its channel, whatever becomes of that.
#[tokio::test]
async fn a_message_without_an_answer_never_goes_to_another_channel() {
    let stand = Stand::open(plain()).await;
    let url = stand.provider.url();
    stand.add_second_channel("first", &url, 10).await;
    let faults = json!([
        {"kind": "drop_after", "instance": "first", "times": 1},
        {"kind": "status", "code": 401, "instance": "first"},
        {"kind": "no_history"},
    ]);
    stand.provider.order_faults(&faults).await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_uncertain_and_hastened(1, 1).await;
    stand.place([2]).await;
    stand.until_accepted(2).await;
    assert_eq!(stand.texts_of("instance_1").await, ["2"]);
    stand.provider.clear_faults().await;
    stand.until_status(1, "sent").await;
    assert_eq!(
        stand.texts_of("first").await,
        ["1"],
        "the provider remembers again"
    );
    assert_eq!(stand.texts_of("instance_1").await, ["2"]);
    assert!(daemon.log().contains("does not work"), "{}", daemon.log());
}

/// T9: without another channel messages stay, and lose no attempt.
#[tokio::test]
async fn without_another_channel_messages_wait() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 401});
    stand.provider.order_faults(&fault).await;
    stand.place(1..=3).await;
    let daemon = stand.daemon();
    daemon.until_it_says("does not work").await;
    let waiting = "select count(*) from zap.notification_queue
         where channel_id is not null and status in ('pending', 'retrying') and attempts = 0";
    wait::until("all wait without an attempt", async || {
        stand.session.value(waiting).await == "3"
    })
    .await;
    stand.provider.clear_faults().await;
    stand.until_accepted(3).await;
}

/// T9: a channel that cannot even be asked, because its key is nowhere, keeps nothing, however long it lasts.
#[tokio::test]
async fn a_missing_key_sends_messages_by_the_next_channel_for_as_long_as_it_is_missing() {
    let stand = Stand::open(plain()).await;
    let url = stand.provider.url();
    stand.add_second_channel("first", &url, 10).await;
    let lose = "update zap.channel set credential = 'env:NOWHERE' where name = 'first'";
    stand.session.run(lose).await;
    stand.place(1..=3).await;
    let _daemon = stand.daemon();
    stand.until_accepted(3).await;
    let probe_at = "select breaker_probe_at::text from zap.channel_state where breaker <> 'closed'";
    let mut seen = BTreeSet::new();
    wait::until("it was looked at again", async || {
        seen.extend(stand.session.column(probe_at).await);
        seen.len() > 2
    })
    .await;
    stand.place(4..=8).await;
    stand.until_accepted(8).await;
    assert_eq!(stand.texts_of("instance_1").await.len(), 8);
}

/// T9: a provider that asks for an hour's rest gets it, whatever it accepts of what was on its way, and whoever sends.
#[tokio::test]
async fn a_long_rest_that_a_provider_asks_for_outlives_other_answers_and_the_daemon() {
    let stand = Stand::open(plain()).await;
    let url = stand.provider.url();
    stand.add_second_channel("second", &url, -1).await;
    let fault =
        json!({"kind": "status", "code": 429, "times": 1, "headers": {"Retry-After": "3600"}});
    stand.provider.order_faults(&fault).await;
    let each_another = "'+55119' || lpad((87650000 + g)::text, 8, '0')";
    stand.queue_many("channel_1", 200, each_another).await;
    let daemon = stand.daemon();
    stand.until_accepted(200).await;
    stand.until_done().await;
    assert!(stand.texts_of("second").await.len() > 50);
    let rests = "select breaker, breaker_probe_at > clock_timestamp() + interval '50 minutes'
         from zap.channel_state where breaker <> 'closed'";
    assert_eq!(stand.session.rows(rests).await, [["open", "t"]]);
    let before = stand.texts_of("instance_1").await.len();
    daemon.kill();
    stand.until_its_sessions_have_ended().await;
    stand.place(901..=903).await;
    let _daemon = stand.daemon();
    stand.until_accepted(203).await;
    assert_eq!(stand.texts_of("instance_1").await.len(), before);
}
