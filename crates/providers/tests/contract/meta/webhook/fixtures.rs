//! Deliveries as Meta documents them.

use serde_json::{Value, json};

/// A delivery with one change.
pub fn delivery(field: &str, value: Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [change(field, value)]}],
    })
}

/// One change; what every value has is added.
pub fn change(field: &str, mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] =
        json!({"display_phone_number": "15550783881", "phone_number_id": "106540352242922"});
    json!({"field": field, "value": value})
}

/// A delivery with one message of Ana, to whose envelope `message` adds.
pub fn from_ana(message: &Value) -> Value {
    let contact = json!({
        "profile": {"name": "Ana", "username": "@ana"},
        "wa_id": "553187654321",
        "user_id": "BR.1502576394655843",
    });
    let value = json!({"contacts": [contact], "messages": [envelope(message)]});
    delivery("messages", value)
}

/// `message` with what every message has.
pub fn envelope(message: &Value) -> Value {
    let mut whole = json!({"from": "553187654321", "id": "wamid.A", "timestamp": "1697043223"});
    let fields = message.as_object().expect("an object").clone();
    whole.as_object_mut().expect("an object").extend(fields);
    whole
}

pub fn text(id: &str) -> Value {
    let mut message = envelope(&json!({"type": "text", "text": {"body": "oi"}}));
    message["id"] = json!(id);
    message
}

pub fn status(id: &str, status: &str) -> Value {
    json!({
        "id": id, "status": status, "timestamp": "1697043230", "recipient_id": "553187654321",
        "conversation": {"id": "C", "expiration_timestamp": "1697129700",
                         "origin": {"type": "utility"}},
        "pricing": {"billable": true, "pricing_model": "PMP", "category": "utility",
                    "type": "regular"},
    })
}

/// A message of every type there is.
pub fn every_type() -> Vec<Value> {
    let file = json!({"id": "1908647269898587", "mime_type": "image/jpeg", "sha256": "tmj9"});
    let with = |name: &str, more: Value| {
        let mut object = file.clone();
        let fields = more.as_object().expect("an object").clone();
        object.as_object_mut().expect("an object").extend(fields);
        json!({"type": name, name: object})
    };
    let interactive = |inner: Value| {
        json!({"type": "interactive", "interactive": inner,
                                            "context": {"from": "15550783881", "id": "wamid.OURS"}})
    };
    vec![
        json!({"type": "text", "text": {"body": "oi"}}),
        with(
            "image",
            json!({"caption": "a foto", "url": "https://lookaside.example/1"}),
        ),
        with("video", json!({"caption": "o filme"})),
        with("audio", json!({"voice": true})),
        with(
            "document",
            json!({"filename": "nota.pdf", "caption": "a nota"}),
        ),
        with("sticker", json!({"animated": false})),
        json!({"type": "location", "location": {"latitude": -23.5, "longitude": -46.6,
                                                "name": "Praça", "address": "Sé"}}),
        json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Bia"},
                                                 "phones": [{"phone": "+55 11 98765-4321"}]}]}),
        json!({"type": "reaction", "reaction": {"message_id": "wamid.OURS", "emoji": "👍"}}),
        json!({"type": "reaction", "reaction": {"message_id": "wamid.OURS"}}),
        interactive(json!({"type": "button_reply",
                           "button_reply": {"id": "yes", "title": "Sim"}})),
        interactive(json!({"type": "list_reply",
                           "list_reply": {"id": "r1", "title": "Pizza", "description": "G"}})),
        interactive(json!({"type": "nfm_reply",
                           "nfm_reply": {"name": "flow", "body": "Sent",
                                         "response_json": "{\"a\":1}"}})),
        json!({"type": "button", "button": {"payload": "CANCEL:123", "text": "Cancelar"},
               "context": {"from": "15550783881", "id": "wamid.OURS"}}),
        json!({"type": "order", "order": {"catalog_id": "1", "text": "para hoje", "product_items": [
            {"product_retailer_id": "p1", "quantity": 1, "item_price": "9.90", "currency": "BRL"}]}}),
        json!({"type": "system", "system": {"body": "Ana changed her number",
               "type": "user_changed_number", "wa_id": "5531999998888"}}),
        json!({"type": "edit", "edit": {"original_message_id": "wamid.OLD",
               "message": {"type": "text", "text": {"body": "olá"}}}}),
        json!({"type": "revoke", "revoke": {"original_message_id": "wamid.OLD"}}),
        json!({"type": "unsupported", "unsupported": {"type": "live_location"},
               "errors": [{"code": 131_051, "title": "Message type unknown"}]}),
        json!({"type": "unknown", "errors": [{"code": 131_051}]}),
        json!({"type": "image", "errors": [{"code": 131_000, "title": "Unsupported webhook payload"}]}),
        json!({"type": "hologram", "hologram": {"depth": 3}}),
        json!({}),
    ]
}
