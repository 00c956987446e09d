//! What is made of Meta's deliveries.

mod anything;
mod fixtures;
mod messages;
mod signature;
mod statuses;

use serde_json::{Value, json};
use zapgres_providers::{Event, ShapeError, Told, Webhook, registered};

fn webhook() -> &'static dyn Webhook {
    registered("meta")
        .expect("meta is there")
        .webhook
        .expect("it delivers")
}

fn read(body: &Value) -> Vec<Told> {
    webhook()
        .read(body.to_string().as_bytes())
        .expect("a delivery")
}

/// The only thing that the delivery tells.
fn read_one(body: &Value) -> Event {
    let mut told = read(body);
    assert_eq!(told.len(), 1, "{told:?}");
    let told = told.remove(0);
    assert_eq!(told.instance.as_deref(), Some("106540352242922"));
    told.event
}

/// C1, C2: one delivery may hold entries, changes and items of several numbers.
#[test]
fn everything_in_a_delivery_is_told_in_its_order_with_its_number() {
    let mut other_number = fixtures::change("messages", json!({"messages": [fixtures::text("B")]}));
    other_number["value"]["metadata"]["phone_number_id"] = json!("2");
    let first = fixtures::change(
        "messages",
        json!({
            "messages": [fixtures::text("A")],
            "statuses": [fixtures::status("S", "sent"), fixtures::status("S", "read")],
        }),
    );
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "W1", "changes": [first, other_number]},
        {"id": "W2", "changes": [fixtures::change("account_update", json!({"event": "X"}))]},
    ]});
    let told: Vec<(Option<String>, String)> = read(&body)
        .into_iter()
        .map(|told| (told.instance, named(&told.event)))
        .collect();
    let expected = [
        ("106540352242922", "message A"),
        ("106540352242922", "receipt S"),
        ("106540352242922", "receipt S"),
        ("2", "message B"),
        ("106540352242922", "other account_update"),
    ];
    let expected = expected.map(|(instance, event)| (Some(instance.to_owned()), event.to_owned()));
    assert_eq!(told, expected);
}

fn named(event: &Event) -> String {
    match event {
        Event::Message(message) => format!("message {}", message.provider_message_id),
        Event::Receipt(receipt) => format!("receipt {}", receipt.provider_message_id),
        Event::Connection { .. } => "connection".to_owned(),
        Event::Other(name) => format!("other {name}"),
    }
}

#[test]
fn what_is_told_of_other_things_keeps_its_name() {
    for field in [
        "account_update",
        "message_template_status_update",
        "phone_number_quality_update",
        "user_preferences",
        "invented_tomorrow",
    ] {
        let value =
            json!({"event": "APPROVED", "user_preferences": [{"wa_id": "55", "value": "stop"}]});
        let event = read_one(&fixtures::delivery(field, value));
        assert_eq!(event, Event::Other(field.to_owned()));
    }
    let account = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{}]}]});
    assert_eq!(read(&account)[0].instance, None);
}

#[test]
fn a_body_that_is_no_delivery_of_meta_is_refused() {
    for body in ["", "{", "\u{0}", "<html>"] {
        assert_eq!(webhook().read(body.as_bytes()), Err(ShapeError::NotJson));
    }
    for body in [
        json!(null),
        json!([]),
        json!("whatsapp_business_account"),
        json!({"object": "page", "entry": []}),
        json!({"object": "whatsapp_business_account"}),
        json!({"object": "whatsapp_business_account", "entry": {}}),
        json!({"event": "messages.upsert", "instance": "loja1", "data": {}}),
    ] {
        let result = webhook().read(body.to_string().as_bytes());
        assert_eq!(result, Err(ShapeError::WrongShape), "{body}");
    }
    assert_eq!(
        read(&json!({"object": "whatsapp_business_account", "entry": []})),
        []
    );
}
