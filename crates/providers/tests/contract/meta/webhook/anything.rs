//! Whatever comes, reading it ends in an answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixtures::{change, delivery, every_type, from_ana, status};
use super::webhook;

/// Any JSON, not deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9]{1,25}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The deliveries that are known.
fn fixture() -> impl Strategy<Value = Value> {
    let mut deliveries: Vec<Value> = every_type().iter().map(from_ana).collect();
    for name in ["sent", "delivered", "read", "played", "failed"] {
        let mut status = status("wamid.S", name);
        status["errors"] = json!([{"code": 131_026, "error_data": {"details": "x"}}]);
        deliveries.push(delivery("messages", json!({"statuses": [status]})));
    }
    deliveries.push(json!({
        "object": "whatsapp_business_account",
        "entry": [{"changes": [change("user_preferences", json!({"user_preferences": []}))]}],
    }));
    prop::sample::select(deliveries)
}

/// Every place in `value`, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// A known delivery with something else in one or two places.
fn mutated() -> impl Strategy<Value = Value> {
    let change = (any::<prop::sample::Index>(), any_json());
    (fixture(), prop::collection::vec(change, 1..3)).prop_map(|(mut delivery, changes)| {
        for (index, replacement) in changes {
            let mut found = Vec::new();
            places(&delivery, "", &mut found);
            let place = index.get(&found);
            *delivery.pointer_mut(place).expect("a place in it") = replacement;
        }
        delivery
    })
}

proptest! {
    /// C1, C2: nobody stops the daemon by what they post.
    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(body in any::<Vec<u8>>()) {
        prop_assert!(webhook().read(&body).is_err());
    }

    #[test]
    fn a_delivery_with_anything_in_it_is_read_without_a_panic(delivery in mutated()) {
        let told = webhook().read(delivery.to_string().as_bytes());
        let is_delivery = delivery.get("object") == Some(&json!("whatsapp_business_account"))
            && delivery.get("entry").is_some_and(Value::is_array);
        prop_assert_eq!(told.is_ok(), is_delivery);
    }
}
