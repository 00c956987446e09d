//! Messages of customers are kept, once each.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::stand::{NUMBER, Stand, delivery, status};
use crate::cluster::plain;

fn message(id: &str, from: &str, text: &str) -> Value {
    json!({
        "contacts": [{"profile": {"name": "Ana\u{0} 😊"}, "wa_id": from}],
        "messages": [{"from": from, "id": id, "timestamp": "1700000000", "type": "text", "text": {"body": text}}],
    })
}

const MESSAGES: &str =
    "select direction, chat_kind, chat, name, kind, text, is_own, extract(epoch from at)::bigint
     from zap.message_history order by provider_message_id";

/// C1: what a customer writes is kept as it was written, except what no database can store.
#[tokio::test]
async fn a_message_is_kept_once() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    for _ in 0..2 {
        let told = message("wamid.A", "551187654321", "Cadê\u{0} meu pedido? 🍕");
        receiver.deliver(&delivery(NUMBER, &told)).await;
    }
    stand.until_read().await;
    let expected = [
        "in",
        "phone",
        "+5511987654321",
        "Ana 😊",
        "text",
        "Cadê meu pedido? 🍕",
        "f",
        "1700000000",
    ];
    assert_eq!(stand.session.rows(MESSAGES).await, [expected]);
}

/// C1: an older database has no emoji.
#[tokio::test]
async fn a_message_is_kept_in_a_western_database() {
    let stand = Stand::open_in(plain().database_in("LATIN1").await).await;
    let receiver = stand.receive().await;
    let told = message("wamid.A", "551187654321", "Cadê meu pedido? 🍕");
    receiver.deliver(&delivery(NUMBER, &told)).await;
    stand.until_read().await;
    let text = "select text, name from zap.message_history";
    assert_eq!(
        stand.session.rows(text).await,
        [["Cadê meu pedido?", "Ana"]]
    );
}

/// C8: what cannot be stored of a delivery takes nothing else in it along.
#[tokio::test]
async fn odd_ids_and_times_keep_nothing_from_being_read() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(1).await;
    let receiver = stand.receive().await;
    // Nothing that could be compressed.
    let long: String = (0..500_u32)
        .map(|number| hex::encode(Sha256::digest(number.to_string())))
        .collect();
    let mut told = message(&long, "551187654321", "?");
    let mut add = |id: &str, timestamp: &str| {
        let mut one = message(id, "551187654321", "Oi")["messages"][0].clone();
        one["timestamp"] = json!(timestamp);
        let messages = told["messages"].as_array_mut().expect("messages");
        messages.push(one);
    };
    add("wamid.A", "-8000000000000");
    add("wamid.B", "8000000000000");
    add("wamid.C", "9999999999999999999999");
    let now = stand.now().await;
    told["statuses"] = json!([
        status(&long, "delivered", now),
        status("message.1", "read", -8_000_000_000_000),
    ]);
    receiver.deliver(&delivery(NUMBER, &told)).await;
    stand.until_statuses(&["read"]).await;
    stand.until_read().await;
    let kept = "select provider_message_id, at between now() - interval '1 hour' and now()
         from zap.message_history order by provider_message_id";
    let expected = ["wamid.A", "wamid.B", "wamid.C"].map(|id| [id, "t"]);
    assert_eq!(stand.session.rows(kept).await, expected);
    let outcome = "select outcome from zap.inbound_event";
    assert_eq!(stand.session.column(outcome).await, ["processed"]);
}

/// T8: what one of our own numbers writes opens nothing, though WhatsApp knows it without its ninth digit.
#[tokio::test]
async fn a_message_of_our_own_number_is_marked() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2", "2060", &["env:APP_SECRET"]).await;
    let receiver = stand.receive().await;
    stand
        .session
        .run(
            "insert into zap.channel_health (channel_id, connected_number, health_due_at)
             select id, '5511988887777', now() + interval '1 hour' from zap.channel
             on conflict (channel_id) do update set connected_number = excluded.connected_number",
        )
        .await;
    receiver
        .deliver(&delivery(
            NUMBER,
            &message("wamid.A", "551188887777", "Seu pedido saiu"),
        ))
        .await;
    receiver
        .deliver(&delivery(
            NUMBER,
            &message("wamid.B", "551188887778", "Obrigado"),
        ))
        .await;
    stand.until_read().await;
    let own = "select is_own from zap.message_history order by provider_message_id";
    assert_eq!(stand.session.column(own).await, ["t", "f"]);
}
