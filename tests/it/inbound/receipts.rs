//! Receipts, in whatever order they come and however often.

use serde_json::{Value, json};

use super::stand::{NUMBER, Stand, receipts, status};
use crate::cluster::plain;
use crate::wait;

/// An order of no sense, in which every place comes once.
fn mixed<T: Clone>(items: &[T]) -> Vec<T> {
    let count = items.len();
    // A prime that divides no such count.
    let place = |number: usize| (number * 7919 + 13) % count;
    (0..count)
        .map(|number| items[place(number)].clone())
        .collect()
}

async fn log(stand: &Stand, subject: u32) -> Vec<String> {
    let query = format!(
        "select l.event from zap.notification_logs as l join zap.notification_queue as q on q.id = l.notification_id
         where q.subject = '{subject}' order by l.id"
    );
    stand.session.column(&query).await
}

/// C8: each receipt is noted with the provider's time, and seen in the log.
#[tokio::test]
async fn receipts_are_visible() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(1).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    receiver
        .deliver(&receipts(&[status("message.1", "delivered", now - 60)]))
        .await;
    stand.until_statuses(&["delivered"]).await;
    receiver
        .deliver(&receipts(&[status("message.1", "read", now - 30)]))
        .await;
    stand.until_statuses(&["read"]).await;
    let times =
        "select extract(epoch from delivered_at)::bigint, extract(epoch from read_at)::bigint,
         sent_at < delivered_at from zap.notification_queue";
    let expected = [
        (now - 60).to_string(),
        (now - 30).to_string(),
        "t".to_owned(),
    ];
    assert_eq!(stand.session.rows(times).await, [expected]);
    assert_eq!(log(&stand, 1).await, ["delivered", "read"]);
    let outcomes = "select outcome, attempts from zap.inbound_event order by id";
    stand.until_read().await;
    assert_eq!(stand.session.rows(outcomes).await, [["processed", "0"]; 2]);
}

/// C8: mixed up and told twice, receipts end the same.
#[tokio::test]
async fn order_and_repetition_change_nothing() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(40).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    let all: Vec<Value> = (1..=40_i64)
        .flat_map(|number| {
            let message = format!("message.{number}");
            let told = [("sent", 90), ("delivered", 60), ("read", 30)];
            let told = told.map(|(name, ago)| status(&message, name, now - ago));
            // Every second one is not read, and every fourth one fails.
            let told = match number % 4 {
                0 => vec![told[0].clone(), failed(&message, 131_026, now - 50)],
                2 => told[..2].to_vec(),
                _ => told.to_vec(),
            };
            told.clone().into_iter().chain(told)
        })
        .collect();
    for part in mixed(&all).chunks(7) {
        receiver.deliver(&receipts(part)).await;
    }
    stand.until_read().await;
    let expected: Vec<&str> = (1..=40)
        .map(|number| match number % 4 {
            0 => "failed",
            2 => "delivered",
            _ => "read",
        })
        .collect();
    assert_eq!(stand.statuses().await, expected);
    let odd = format!(
        "select count(*) from zap.notification_queue
         where delivered_at is distinct from case when status <> 'failed' then to_timestamp({now} - 60) end
            or read_at is distinct from case when status = 'read' then to_timestamp({now} - 30) end
            or failed_at is distinct from case when status = 'failed' then to_timestamp({now} - 50) end
            or (error_class is not null) <> (status = 'failed')"
    );
    assert_eq!(stand.session.count(&odd).await, 0);
    let twice = "select count(*) from (
             select from zap.notification_logs group by notification_id, event having count(*) > 1
         ) as t";
    assert_eq!(stand.session.count(twice).await, 0);
}

fn failed(message: &str, code: u32, at: i64) -> Value {
    let mut status = status(message, "failed", at);
    status["errors"] = json!([{"code": code, "title": "not delivered"}]);
    status
}

/// C8: a receipt of a message that nobody knows is looked at again, and given up after a quarter of an hour.
#[tokio::test]
async fn what_matches_nothing_is_given_up() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    receiver
        .deliver(&receipts(&[status("typed on the phone", "read", now)]))
        .await;
    let looked = "select attempts >= 1 and processed_at is null from zap.inbound_event";
    wait::until("it is looked at", async || {
        stand.session.value(looked).await == "t"
    })
    .await;
    stand
        .session
        .run(
            "update zap.inbound_event
             set received_at = now() - interval '16 minutes', next_attempt_at = now()",
        )
        .await;
    stand.until_read().await;
    let outcome = "select outcome from zap.inbound_event";
    assert_eq!(stand.session.value(outcome).await, "unmatched");
    let counted = "zapgres_inbound_events_total{outcome=\"unmatched\"}";
    assert_eq!(receiver.counted(counted).await, 1);
}

/// Our own name of the only notification's first attempt, of an installation that was adopted so much later.
async fn reference_adopted(stand: &Stand, later: &str) -> String {
    let reference = format!(
        "select concat_ws('-', q.id, 1, left(encode(sha256(concat_ws(
             ' ', i.system_identifier, i.database_oid, i.data_directory,
             extract(epoch from i.adopted_at + interval '{later}')
         )::bytea), 'hex'), 12))
         from zap.notification_queue as q, zap.installation as i"
    );
    stand.session.value(&reference).await
}

/// That name in this installation.
async fn reference(stand: &Stand) -> String {
    reference_adopted(stand, "0").await
}

/// The reference that the provider repeats names a notification that was left without an answer.
async fn uncertain(stand: &Stand) -> String {
    stand.add_sent(1).await;
    stand
        .session
        .run(
            "set session_replication_role = replica;
             delete from zap.sent_message;
             update zap.notification_queue
             set status = 'uncertain', sent_at = null, provider_message_id = null, next_attempt_at = 'infinity',
                 uncertain_at = now(), error_class = 'uncertain', last_error = 'no answer';
             reset session_replication_role",
        )
        .await;
    reference(stand).await
}

fn with_reference(mut status: Value, reference: &str) -> Value {
    status["biz_opaque_callback_data"] = json!(reference);
    status
}

/// B2: a receipt with our own name of the message proves what no answer has told.
#[tokio::test]
async fn a_reference_proves_an_acceptance() {
    let stand = Stand::open(plain()).await;
    let reference = uncertain(&stand).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    let sent = with_reference(status("wamid.9", "sent", now), &reference);
    receiver.deliver(&receipts(&[sent])).await;
    stand.until_statuses(&["sent"]).await;
    let row = "select provider_message_id, error_class, last_error, sent_at is not null from zap.notification_queue";
    let expected = ["wamid.9", "null", "null", "t"];
    assert_eq!(stand.session.rows(row).await, [expected]);
    // From now on, the provider's own id is enough.
    receiver
        .deliver(&receipts(&[status("wamid.9", "delivered", now)]))
        .await;
    stand.until_statuses(&["delivered"]).await;
    assert_eq!(log(&stand, 1).await, ["sent", "delivered"]);
}

/// B2, C8: an attempt that was given back leaves its number to the next one: what is told of its message is not told of that
/// one's, however often.
#[tokio::test]
async fn a_failure_of_another_message_with_the_same_number_changes_nothing() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(1).await;
    let receiver = stand.receive().await;
    let reference = reference(&stand).await;
    let now = stand.now().await;
    let of_another = with_reference(failed("wamid.refused", 131_047, now), &reference);
    for _ in 0..2 {
        receiver
            .deliver(&receipts(std::slice::from_ref(&of_another)))
            .await;
        stand.until_read().await;
        assert_eq!(stand.statuses().await, ["sent"]);
    }
    let of_it = with_reference(failed("message.1", 131_026, now), &reference);
    receiver.deliver(&receipts(&[of_it])).await;
    stand.until_statuses(&["failed"]).await;
}

/// C1: providers give the same id to messages of two companies, each at its own number: only one of them was read.
#[tokio::test]
async fn a_receipt_is_about_its_own_channels_message() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(1).await;
    stand.add_channel("2", "2060", &["env:APP_SECRET"]).await;
    stand
        .session
        .run(
            "with other as (
                 insert into zap.notification_queue
                     (event, subject, dedup_key, tenant_id, channel_id, recipient, body, status, attempts, resolved_at,
                      processing_at, sent_at, provider_message_id, expires_at)
                 select 'message', '2', 'other', '2', c.id, q.recipient, 'x', 'sent', 1, now(), q.processing_at, q.sent_at,
                     q.provider_message_id, q.expires_at
                 from zap.notification_queue as q, zap.channel as c where c.instance = '2060'
                 returning id, channel_id, provider_message_id
             )
             insert into zap.sent_message (channel_id, provider_message_id, notification_id, attempt)
             select channel_id, provider_message_id, id, 1 from other",
        )
        .await;
    let receiver = stand.receive().await;
    let read = status("message.1", "read", stand.now().await);
    receiver.deliver(&receipts(&[read])).await;
    stand.until_read().await;
    assert_eq!(stand.statuses().await, ["read", "sent"]);
}

/// B2: a copy of the database that somebody adopted sends with the same number, and counts the same messages.
#[tokio::test]
async fn a_reference_of_another_installation_is_nobodys() {
    let stand = Stand::open(plain()).await;
    uncertain(&stand).await;
    let of_a_copy = reference_adopted(&stand, "1 second").await;
    let receiver = stand.receive().await;
    let sent = with_reference(status("wamid.9", "read", stand.now().await), &of_a_copy);
    receiver.deliver(&receipts(&[sent])).await;
    let looked = "select attempts >= 1 from zap.inbound_event";
    wait::until("it is looked at", async || {
        stand.session.value(looked).await == "t"
    })
    .await;
    assert_eq!(stand.statuses().await, ["uncertain"]);
}

/// C1: a reference names only what belongs to the company of the channel.
#[tokio::test]
async fn a_reference_of_another_company_is_nobodys() {
    let stand = Stand::open(plain()).await;
    let reference = uncertain(&stand).await;
    stand
        .session
        .run("update zap.notification_queue set tenant_id = '2'")
        .await;
    let receiver = stand.receive().await;
    let sent = with_reference(status("wamid.9", "read", stand.now().await), &reference);
    receiver.deliver(&receipts(&[sent])).await;
    let looked = "select attempts >= 1 from zap.inbound_event";
    wait::until("it is looked at", async || {
        stand.session.value(looked).await == "t"
    })
    .await;
    assert_eq!(stand.statuses().await, ["uncertain"]);
}

/// C1: Meta tells only afterwards that the window was closed; then the template is sent, once.
#[tokio::test]
async fn a_closed_window_leads_to_the_template() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(2).await;
    let template = "update zap.notification_queue
         set payload = '{\"template\": {\"name\": \"order_received\", \"language\": \"pt_BR\"}}' where subject = '1'";
    stand.session.run(template).await;
    // Nothing is sent meanwhile.
    stand
        .session
        .run("update zap.channel set paused_at = now()")
        .await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    let closed = [
        failed("message.1", 131_047, now),
        failed("message.2", 131_047, now),
    ];
    receiver.deliver(&receipts(&closed)).await;
    stand.until_statuses(&["retrying", "failed"]).await;
    let row =
        "select error_class, metadata ->> 'template_used' from zap.notification_queue order by id";
    let expected = [["window_closed", "true"], ["window_closed", "null"]];
    assert_eq!(stand.session.rows(row).await, expected);
    receiver.deliver(&receipts(&closed)).await;
    stand.until_read().await;
    assert_eq!(stand.statuses().await, ["retrying", "failed"]);
}

/// O9: whoever holds a notification delays its receipts, and no others.
#[tokio::test]
async fn a_held_notification_delays_its_own_receipts_only() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(2).await;
    let receiver = stand.receive().await;
    let holder = stand.database.session().await;
    holder
        .run("begin; select from zap.notification_queue where subject = '1' for update")
        .await;
    let now = stand.now().await;
    let both = [
        status("message.1", "read", now),
        status("message.2", "read", now),
    ];
    receiver.deliver(&receipts(&both)).await;
    stand.until_statuses(&["sent", "read"]).await;
    holder.run("rollback").await;
    stand.until_statuses(&["read", "read"]).await;
}

/// O9: one delivery that the database refuses keeps nobody else's from being read.
#[tokio::test]
async fn what_the_database_refuses_is_put_away_alone() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(3).await;
    let now = stand.now().await;
    let read = |number: u32| receipts(&[status(&format!("message.{number}"), "read", now)]);
    // As a constraint of a later version might.
    let refuse =
        "alter table zap.notification_queue add check (subject <> '2' or status <> 'read')";
    stand.session.run(refuse).await;
    for number in 1..=3 {
        let body = read(number);
        stand
            .session
            .run(&format!(
                "insert into zap.inbound_event (channel_id, provider, payload)
                 select id, 'meta', convert_to('{body}', 'UTF8') from zap.channel where instance = '{NUMBER}'"
            ))
            .await;
    }
    let _receiver = stand.receive().await;
    stand.until_read().await;
    assert_eq!(stand.statuses().await, ["read", "sent", "read"]);
    let outcomes = "select outcome from zap.inbound_event order by id";
    let expected = ["processed", "refused", "processed"];
    assert_eq!(stand.session.column(outcomes).await, expected);
}
