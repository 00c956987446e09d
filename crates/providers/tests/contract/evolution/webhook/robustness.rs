//! Whatever is delivered, the reader gives an answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::messages::{contents, upsert};
use super::{delivery, update, webhook};

/// One delivery of each kind.
fn deliveries() -> Vec<Vec<u8>> {
    let messages = contents()
        .into_iter()
        .map(|content| ("messages.upsert", upsert(&content.0)));
    let others = [
        ("messages.update", update(&json!("READ"))),
        (
            "connection.update",
            json!({"state": "close", "statusReason": 401}),
        ),
        ("qrcode.updated", json!({"message": "limit"})),
        ("status.instance", json!({"disconnectionReasonCode": 401})),
    ];
    messages
        .chain(others)
        .map(|(event, data)| delivery(event, &data))
        .collect()
}

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,8}", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

/// Every value within `json`, the outermost first.
fn places(json: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match json {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), all);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, &format!("{here}/{name}"), all);
            }
        }
        _ => {}
    }
}

proptest! {
    /// C2: no delivery can stop the daemon.
    #[test]
    fn any_bytes_have_an_answer(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = webhook().read(&body);
    }

    #[test]
    fn a_delivery_with_damaged_bytes_has_an_answer(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let deliveries = deliveries();
        let mut body = deliveries[which.index(deliveries.len())].clone();
        let place = place.index(body.len());
        body[place] = byte;
        let _ = webhook().read(&body);
        body.truncate(place);
        prop_assert!(webhook().read(&body).is_err());
    }

    /// A known envelope is read whatever stands in it.
    #[test]
    fn a_delivery_with_any_value_anywhere_in_its_data_is_read(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let deliveries = deliveries();
        let body = &deliveries[which.index(deliveries.len())];
        let mut envelope: Value = serde_json::from_slice(body).expect("JSON");
        let mut all = Vec::new();
        places(&envelope["data"], "/data", &mut all);
        let place = &all[place.index(all.len())];
        *envelope.pointer_mut(place).expect("a place within it") = value;
        prop_assert!(webhook().read(envelope.to_string().as_bytes()).is_ok());
    }
}
