//! Messages that Z-API delivers.

use chrono::DateTime;
use serde_json::{Value, json};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Event, InboundMessage, ReceiptStatus};

use super::webhook::event;

/// A field of a delivery, and what is made of it.
pub struct Case {
    field: &'static str,
    /// As JSON.
    value: &'static str,
    kind: &'static str,
    text: Option<&'static str>,
    quotes: Option<&'static str>,
}

impl Case {
    fn value(&self) -> Value {
        serde_json::from_str(self.value).expect("JSON")
    }

    /// The field by its name.
    pub fn content(&self) -> Value {
        json!({ self.field: self.value() })
    }
}

const fn case(
    field: &'static str,
    value: &'static str,
    kind: &'static str,
    text: Option<&'static str>,
) -> Case {
    Case {
        field,
        value,
        kind,
        text,
        quotes: None,
    }
}

const fn about(case: Case, quotes: &'static str) -> Case {
    Case {
        quotes: Some(quotes),
        ..case
    }
}

/// Every content of the documentation.
pub static CONTENTS: &[Case] = &[
    case(
        "text",
        r#"{"message": "teste", "title": "t"}"#,
        "text",
        Some("teste"),
    ),
    case(
        "image",
        r#"{"mimeType": "image/jpeg", "imageUrl": "https://a", "caption": "Foto"}"#,
        "image",
        Some("Foto"),
    ),
    case(
        "image",
        r#"{"mimeType": "image/jpeg", "imageUrl": "https://a", "caption": ""}"#,
        "image",
        None,
    ),
    case(
        "audio",
        r#"{"ptt": true, "seconds": 10, "audioUrl": "https://a", "mimeType": "audio/ogg"}"#,
        "audio",
        None,
    ),
    case(
        "video",
        r#"{"videoUrl": "https://a", "caption": "Filme", "seconds": 13}"#,
        "video",
        Some("Filme"),
    ),
    case(
        "document",
        r#"{"documentUrl": "https://a", "title": "nome", "fileName": "nome.pdf"}"#,
        "document",
        None,
    ),
    case(
        "document",
        r#"{"documentUrl": "https://a", "caption": "Nota"}"#,
        "document",
        Some("Nota"),
    ),
    case(
        "sticker",
        r#"{"stickerUrl": "https://a", "mimeType": "image/webp"}"#,
        "sticker",
        None,
    ),
    case(
        "location",
        r#"{"longitude": -46.6, "latitude": -23.5, "address": "", "url": ""}"#,
        "location",
        None,
    ),
    case(
        "contact",
        r#"{"displayName": "Ana", "vCard": "BEGIN:VCARD", "phones": ["5544999999999"]}"#,
        "contact",
        None,
    ),
    about(
        case(
            "reaction",
            r#"{"value": "❤️", "time": 1, "reactionBy": "554499999999",
            "referencedMessage": {"messageId": "3EB0", "fromMe": true}}"#,
            "reaction",
            Some("❤️"),
        ),
        "3EB0",
    ),
    about(
        case(
            "reaction",
            r#"{"value": "", "referencedMessage": {"messageId": "3EB0"}}"#,
            "reaction",
            None,
        ),
        "3EB0",
    ),
    case(
        "buttonsResponseMessage",
        r#"{"buttonId": "1", "message": "Ótimo"}"#,
        "button_reply",
        Some("Ótimo"),
    ),
    case(
        "listResponseMessage",
        r#"{"message": "Asas", "title": "Z-API", "selectedRowId": "1"}"#,
        "list_reply",
        Some("Z-API"),
    ),
    case(
        "buttonsMessage",
        r#"{"imageUrl": null, "message": "Texto", "buttons": []}"#,
        "buttons",
        Some("Texto"),
    ),
    case(
        "hydratedTemplate",
        r#"{"header": {}, "message": "texto", "footer": "f", "title": "t", "hydratedButtons": []}"#,
        "template",
        Some("texto"),
    ),
    case(
        "carouselMessage",
        r#"{"text": "Texto", "cards": []}"#,
        "carousel",
        Some("Texto"),
    ),
    case(
        "poll",
        r#"{"question": "Qual?", "pollMaxOptions": 0, "options": [{"name": "A"}]}"#,
        "poll",
        Some("Qual?"),
    ),
    about(
        case(
            "pollVote",
            r#"{"pollMessageId": "3EB0", "options": [{"name": "A"}, {"name": "B"}]}"#,
            "poll_vote",
            Some("A, B"),
        ),
        "3EB0",
    ),
    about(
        case(
            "pollVote",
            r#"{"pollMessageId": "3EB0", "options": []}"#,
            "poll_vote",
            None,
        ),
        "3EB0",
    ),
    case(
        "order",
        r#"{"itemCount": 1, "orderId": "4", "message": "Quero", "total": 2000, "products": []}"#,
        "order",
        Some("Quero"),
    ),
    case(
        "product",
        r#"{"productId": "9", "price": 1, "title": "Bolo"}"#,
        "product",
        Some("Bolo"),
    ),
    case(
        "requestPayment",
        r#"{"value": 1, "currencyCode": "BRL"}"#,
        "payment_request",
        None,
    ),
    case(
        "sendPayment",
        r#"{"paymentInfo": {"value": 1}}"#,
        "payment",
        None,
    ),
    case(
        "reviewAndPay",
        r#"{"referenceId": "4N", "orderStatus": "pending"}"#,
        "order_to_pay",
        None,
    ),
    case(
        "reviewOrder",
        r#"{"referenceId": "4N", "orderStatus": "processing"}"#,
        "order_status",
        None,
    ),
    case(
        "event",
        r#"{"name": "Festa", "canceled": false, "location": {}}"#,
        "event",
        Some("Festa"),
    ),
    about(
        case(
            "eventResponse",
            r#"{"response": "GOING", "referencedMessage": {"messageId": "3EB0"}}"#,
            "event_reply",
            Some("GOING"),
        ),
        "3EB0",
    ),
    about(
        case(
            "pinMessage",
            r#"{"action": "pin", "referencedMessage": {"messageId": "3EB0"}}"#,
            "pin",
            Some("pin"),
        ),
        "3EB0",
    ),
    case(
        "pixKeyMessage",
        r#"{"currency": "BRL", "key": "chave", "keyType": "EVP"}"#,
        "pix_key",
        Some("chave"),
    ),
];

/// A delivery with this content.
pub fn received(content: &Value) -> Value {
    let mut body = json!({
        "isStatusReply": false, "senderLid": "81896604192873@lid", "connectedPhone": "554499999999",
        "waitingMessage": false, "isEdit": false, "isGroup": false, "isNewsletter": false,
        "instanceId": "loja1", "messageId": "A20D", "phone": "554488888888", "fromMe": false,
        "momment": 1_632_228_638_000_i64, "status": "RECEIVED", "chatName": "chat", "senderPhoto": null,
        "senderName": "Ana", "participantPhone": null, "participantLid": null, "photo": null,
        "broadcast": false, "type": "ReceivedCallback", "forwarded": false, "fromApi": false,
    });
    for (name, value) in content.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

fn text_with(fields: Value) -> Value {
    let mut body = received(&json!({"text": {"message": "Oi"}}));
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

fn recipient(kind: &str, address: &str) -> Recipient {
    Recipient::parse(kind, address).expect("a recipient")
}

fn message(body: &Value) -> InboundMessage {
    match event(body) {
        Event::Message(message) => *message,
        other => panic!("a message, not {other:?}"),
    }
}

/// C1: every content of the documentation has its kind, text and quoted message.
#[test]
fn every_content_is_understood() {
    for case in CONTENTS {
        let read = message(&received(&case.content()));
        let expected = InboundMessage {
            provider_message_id: "A20D".to_owned(),
            chat: recipient("phone", "+5544988888888"),
            aliases: vec![recipient("lid", "81896604192873")],
            author: None,
            name: Some("Ana".to_owned()),
            from_me: false,
            at: DateTime::from_timestamp_millis(1_632_228_638_000),
            kind: case.kind.to_owned(),
            text: case.text.map(str::to_owned),
            quotes: case.quotes.map(str::to_owned),
            content: case.value(),
        };
        assert_eq!(read, expected, "{}", case.value);
    }
}

#[test]
fn an_answer_names_what_it_answers() {
    let body = text_with(json!({"referenceMessageId": "3EB0"}));
    assert_eq!(message(&body).quotes.as_deref(), Some("3EB0"));
    let body = received(&json!({"pinMessage": {}, "referenceMessageId": "3EB0"}));
    assert_eq!(message(&body).quotes.as_deref(), Some("3EB0"));
}

/// O4: a person whose number is hidden.
#[test]
fn a_chat_may_have_a_lid_only() {
    let lid = recipient("lid", "999999999999999");
    let hidden = text_with(json!({
        "phone": "999999999999999@lid", "chatLid": "999999999999999@lid", "senderLid": null,
    }));
    let read = message(&hidden);
    assert_eq!((&read.chat, read.aliases.as_slice()), (&lid, [].as_slice()));
    let odd = text_with(json!({"phone": "x", "chatLid": null, "senderLid": "999999999999999@lid"}));
    assert_eq!(message(&odd).chat, lid);
}

#[test]
fn a_message_in_a_group_has_an_author() {
    for group in ["120363019502650977-group", "120363019502650977@g.us"] {
        let body = text_with(json!({
            "phone": group, "isGroup": true, "participantPhone": "5544999999999",
            "participantLid": "7@lid", "senderLid": "8@lid", "chatLid": "9@lid",
        }));
        let read = message(&body);
        assert_eq!(read.chat, recipient("group", "120363019502650977"));
        assert_eq!(read.author, Some(recipient("phone", "+5544999999999")));
        assert_eq!(read.aliases, [recipient("lid", "7")]);
    }
    let body = text_with(json!({
        "phone": "5511987654321-1623456789", "isGroup": true, "participantLid": "7@lid",
    }));
    let read = message(&body);
    assert_eq!(read.chat, recipient("group", "5511987654321-1623456789"));
    assert_eq!(
        (read.author, read.aliases),
        (Some(recipient("lid", "7")), vec![])
    );
}

/// Its sender is us, so neither name nor LID are the customer's.
#[test]
fn a_message_written_on_our_own_phone_is_told_as_ours() {
    for from_me in [json!(true), json!("true")] {
        let body = text_with(json!({"fromMe": from_me, "chatLid": "5@lid"}));
        let read = message(&body);
        assert!(read.from_me);
        assert_eq!(read.name, None);
        assert_eq!(read.aliases, [recipient("lid", "5")]);
    }
}

/// C8: nobody has written on the phone what came through the API, and `status` is not to be trusted there.
#[test]
fn a_message_that_came_through_the_api_is_a_receipt() {
    for status in ["SENT", "RECEIVED", "READ"] {
        let body = text_with(json!({"fromMe": true, "fromApi": true, "status": status}));
        let Event::Receipt(receipt) = event(&body) else {
            panic!("a receipt");
        };
        assert_eq!(receipt.provider_message_id, "A20D");
        assert_eq!(receipt.status, ReceiptStatus::Sent);
    }
    let body = text_with(json!({"fromMe": true, "fromApi": true, "status": "PENDING"}));
    assert_eq!(
        event(&body),
        Event::Other("ReceivedCallback fromApi".to_owned())
    );
}

#[test]
fn notes_about_calls_and_groups_are_named() {
    for name in [
        "CALL_MISSED_VOICE",
        "GROUP_CREATE",
        "REVOKE",
        "PROFILE_NAME_UPDATED",
    ] {
        let body = received(&json!({"notification": name, "notificationParameters": []}));
        let expected = Event::Other(format!("ReceivedCallback {name}"));
        assert_eq!(event(&body), expected);
    }
}

/// C2: it comes again with the same id, and then it has a content.
#[test]
fn a_message_that_the_phone_cannot_read_yet_is_waited_for() {
    let other = Event::Other("ReceivedCallback".to_owned());
    let waiting = received(&json!({"waitingMessage": true, "viewOnce": true}));
    assert_eq!(event(&waiting), other);
    let there = text_with(json!({"waitingMessage": true}));
    assert_eq!(message(&there).kind, "text");
}

#[test]
fn channels_lists_and_deliveries_without_an_id_are_no_conversation() {
    let other = Event::Other("ReceivedCallback".to_owned());
    for fields in [
        json!({"phone": "5544999999999@newsletter", "isNewsletter": true, "senderLid": null}),
        json!({"phone": "1774895799-broadcast", "fromMe": true, "broadcast": true}),
        json!({"phone": "status@broadcast", "senderLid": null}),
        json!({"phone": null, "senderLid": null}),
        json!({"messageId": null}),
        json!({"messageId": 7}),
    ] {
        assert_eq!(event(&text_with(fields)), other);
    }
}

#[test]
fn a_content_that_is_not_known_is_kept_whole() {
    let body = received(&json!({"hologram": {"a": 1}, "text": null}));
    let read = message(&body);
    assert_eq!(
        (read.kind.as_str(), read.text.as_deref()),
        ("unsupported", None)
    );
    assert_eq!(read.content["hologram"], json!({"a": 1}));
}

/// P7
#[test]
fn debug_shows_neither_text_nor_name() {
    let shown = format!(
        "{:?}",
        event(&received(&json!({"text": {"message": "segredo"}})))
    );
    for private in ["segredo", "Ana", "988888888", "81896604192873"] {
        assert!(!shown.contains(private), "{shown}");
    }
}
