//! Every type of message that Evolution delivers.

use chrono::DateTime;
use serde_json::{Value, json};
use zapgres_providers::{Event, InboundMessage};

use super::{NUMBER, only, recipient};

/// A customer's message with this content.
pub(super) fn upsert(message: &Value) -> Value {
    json!({
        "key": {"remoteJid": NUMBER, "fromMe": false, "id": "3A7F"},
        "pushName": "Ana", "status": "DELIVERY_ACK", "message": message,
        "messageType": "conversation", "messageTimestamp": 1_764_322_000, "contextInfo": null,
        "instanceId": "a-b", "source": "android",
    })
}

/// A content, with the kind, text, quoted id and other parts that are read from it.
type Read = (
    Value,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    Value,
);

/// A content of each type.
pub(super) fn contents() -> Vec<Read> {
    let answers =
        json!({"stanzaId": "3EB0", "participant": NUMBER, "quotedMessage": {"conversation": "Oi"}});
    vec![
        (
            json!({"conversation": "Olá"}),
            "text",
            Some("Olá"),
            None,
            json!({}),
        ),
        (
            json!({"extendedTextMessage": {"text": "Olá", "contextInfo": answers}}),
            "text",
            Some("Olá"),
            Some("3EB0"),
            json!({"text": "Olá"}),
        ),
        (
            json!({"imageMessage": {"mimetype": "image/jpeg", "caption": "Foto", "jpegThumbnail": {"0": 255}}, "mediaUrl": "https://s3/x"}),
            "image",
            Some("Foto"),
            None,
            json!({"mimetype": "image/jpeg", "caption": "Foto", "mediaUrl": "https://s3/x"}),
        ),
        (
            json!({"audioMessage": {"mimetype": "audio/ogg", "ptt": true, "waveform": {"0": 1}}, "base64": "T2dn"}),
            "audio",
            None,
            None,
            json!({"mimetype": "audio/ogg", "ptt": true}),
        ),
        (
            json!({"videoMessage": {"caption": "Veja"}, "messageContextInfo": {"deviceListMetadata": {}}}),
            "video",
            Some("Veja"),
            None,
            json!({"caption": "Veja"}),
        ),
        (
            json!({"ptvMessage": {"seconds": 3}}),
            "video",
            None,
            None,
            json!({"seconds": 3}),
        ),
        (
            json!({"documentMessage": {"fileName": "nota.pdf"}}),
            "document",
            None,
            None,
            json!({"fileName": "nota.pdf"}),
        ),
        (
            json!({"documentWithCaptionMessage": {"message": {"documentMessage": {"caption": "Nota"}}}}),
            "document",
            Some("Nota"),
            None,
            json!({"caption": "Nota"}),
        ),
        (
            json!({"ephemeralMessage": {"message": {"viewOnceMessageV2": {"message": {"imageMessage": {"caption": ""}}}}}}),
            "image",
            None,
            None,
            json!({"caption": ""}),
        ),
        (
            json!({"stickerMessage": {"isAnimated": true}}),
            "sticker",
            None,
            None,
            json!({"isAnimated": true}),
        ),
        (
            json!({"locationMessage": {"degreesLatitude": -23.5, "degreesLongitude": -46.6, "name": "Casa"}}),
            "location",
            Some("Casa"),
            None,
            json!({"degreesLatitude": -23.5, "degreesLongitude": -46.6, "name": "Casa"}),
        ),
        (
            json!({"liveLocationMessage": {"degreesLatitude": -23.5}}),
            "location",
            None,
            None,
            json!({"degreesLatitude": -23.5}),
        ),
        (
            json!({"contactMessage": {"displayName": "Bia", "vcard": "BEGIN:VCARD"}}),
            "contact",
            Some("Bia"),
            None,
            json!({"displayName": "Bia", "vcard": "BEGIN:VCARD"}),
        ),
        (
            json!({"contactsArrayMessage": {"displayName": "2 contatos", "contacts": []}}),
            "contact",
            Some("2 contatos"),
            None,
            json!({"displayName": "2 contatos", "contacts": []}),
        ),
        (
            json!({"reactionMessage": {"key": {"id": "3EB0", "fromMe": true}, "text": "👍"}}),
            "reaction",
            Some("👍"),
            Some("3EB0"),
            json!({"key": {"id": "3EB0", "fromMe": true}, "text": "👍"}),
        ),
        (
            json!({"reactionMessage": {"key": {"id": "3EB0"}, "text": ""}}),
            "reaction",
            None,
            Some("3EB0"),
            json!({"key": {"id": "3EB0"}, "text": ""}),
        ),
        (
            json!({"pollCreationMessageV3": {"name": "Sabor?", "options": [{"optionName": "Uva"}]}}),
            "poll",
            Some("Sabor?"),
            None,
            json!({"name": "Sabor?", "options": [{"optionName": "Uva"}]}),
        ),
        (
            json!({"pollUpdateMessage": {"pollCreationMessageKey": {"id": "3EB0"}}}),
            "poll_vote",
            None,
            Some("3EB0"),
            json!({"pollCreationMessageKey": {"id": "3EB0"}}),
        ),
        (
            json!({"buttonsResponseMessage": {"selectedButtonId": "sim", "selectedDisplayText": "Sim", "contextInfo": answers}}),
            "button_reply",
            Some("Sim"),
            Some("3EB0"),
            json!({"selectedButtonId": "sim", "selectedDisplayText": "Sim", "id": "sim"}),
        ),
        (
            json!({"templateButtonReplyMessage": {"selectedId": "sim", "selectedDisplayText": "Sim", "contextInfo": answers}}),
            "button_reply",
            Some("Sim"),
            Some("3EB0"),
            json!({"selectedId": "sim", "selectedDisplayText": "Sim", "id": "sim"}),
        ),
        (
            json!({"interactiveResponseMessage": {"body": {"text": "Sim"}, "nativeFlowResponseMessage": {"paramsJson": "{\"id\":\"sim\"}"}}}),
            "button_reply",
            Some("Sim"),
            None,
            json!({"body": {"text": "Sim"}, "nativeFlowResponseMessage": {"paramsJson": "{\"id\":\"sim\"}"}, "id": "sim"}),
        ),
        (
            json!({"listResponseMessage": {"title": "Uva", "singleSelectReply": {"selectedRowId": "r1"}, "contextInfo": answers}}),
            "list_reply",
            Some("Uva"),
            Some("3EB0"),
            json!({"title": "Uva", "singleSelectReply": {"selectedRowId": "r1"}, "id": "r1"}),
        ),
        (
            json!({"messageContextInfo": {}, "eventMessage": {"name": "Festa"}}),
            "eventMessage",
            None,
            None,
            json!({"name": "Festa"}),
        ),
    ]
}

fn message(event: &str, data: &Value) -> InboundMessage {
    match only(event, data) {
        Event::Message(message) => *message,
        other => panic!("a message, not {other:?}: {data}"),
    }
}

/// C2: each type of message is read.
#[test]
fn every_type_of_message_is_read() {
    for (content, kind, text, quotes, rest) in contents() {
        let expected = InboundMessage {
            provider_message_id: "3A7F".to_owned(),
            chat: recipient("phone", "+5511987654321"),
            aliases: Vec::new(),
            author: None,
            name: Some("Ana".to_owned()),
            from_me: false,
            at: DateTime::from_timestamp(1_764_322_000, 0),
            kind: kind.to_owned(),
            text: text.map(str::to_owned),
            quotes: quotes.map(str::to_owned),
            content: rest,
        };
        for event in ["messages.upsert", "MESSAGES_UPSERT"] {
            let read = message(event, &upsert(&content));
            assert_eq!(read, expected, "{content}");
        }
    }
}

#[test]
fn what_is_quoted_may_be_told_beside_the_message() {
    let mut data = upsert(&json!({"conversation": "Sim"}));
    data["contextInfo"] = json!({"stanzaId": "3EB0", "participant": NUMBER});
    let read = message("messages.upsert", &data);
    assert_eq!(read.quotes.as_deref(), Some("3EB0"));
}

/// O4: whoever is addressed by a hidden id is known by the number, where that is told.
#[test]
fn a_hidden_id_is_an_alias_of_the_number() {
    let (hidden, number) = ("123456789012345@lid", "551187654321:7@s.whatsapp.net");
    for (jid, alternative) in [(hidden, Some(number)), (number, Some(hidden))] {
        let mut data = upsert(&json!({"conversation": "Oi"}));
        data["key"]["remoteJid"] = json!(jid);
        data["key"]["remoteJidAlt"] = json!(alternative);
        data["key"]["addressingMode"] = json!("lid");
        let read = message("messages.upsert", &data);
        assert_eq!(read.chat, recipient("phone", "+5511987654321"));
        assert_eq!(read.aliases, [recipient("lid", "123456789012345")]);
    }
    let mut data = upsert(&json!({"conversation": "Oi"}));
    data["key"]["remoteJid"] = json!(hidden);
    let read = message("messages.upsert", &data);
    assert_eq!(read.chat, recipient("lid", "123456789012345"));
    assert_eq!(read.aliases, []);
}

#[test]
fn in_a_group_the_participant_is_the_author() {
    let mut data = upsert(&json!({"conversation": "Oi"}));
    data["key"]["remoteJid"] = json!("120363025246125486@g.us");
    data["key"]["participant"] = json!("123456789012345:3@lid");
    let read = message("messages.upsert", &data);
    assert_eq!(read.chat, recipient("group", "120363025246125486"));
    assert_eq!(read.author, Some(recipient("lid", "123456789012345")));
    data["key"]["participantAlt"] = json!(NUMBER);
    let read = message("messages.upsert", &data);
    assert_eq!(read.author, Some(recipient("phone", "+5511987654321")));
    assert_eq!(read.aliases, []);
}

/// C2: what is written on the phone, and what the API has sent, are messages of ours.
#[test]
fn our_own_messages_are_told_apart() {
    let mut data = upsert(&json!({"conversation": "Seu pedido saiu"}));
    data["key"]["fromMe"] = json!(true);
    data["pushName"] = json!("Loja");
    for event in ["messages.upsert", "send.message", "SEND_MESSAGE"] {
        let read = message(event, &data);
        assert!(read.from_me);
        assert_eq!(read.chat, recipient("phone", "+5511987654321"));
        assert_eq!(read.name, None, "the name is ours, not the customer's");
    }
}

#[test]
fn the_time_comes_in_several_forms() {
    let expected = DateTime::from_timestamp(1_764_322_000, 0);
    for (told, expected) in [
        (json!("1764322000"), expected),
        (
            json!({"low": 1_764_322_000, "high": 0, "unsigned": true}),
            expected,
        ),
        (json!("yesterday"), None),
        (json!(i64::MAX), None),
        (json!(null), None),
    ] {
        let mut data = upsert(&json!({"conversation": "Oi"}));
        data["messageTimestamp"] = told;
        assert_eq!(message("messages.upsert", &data).at, expected);
    }
}

#[test]
fn what_is_no_message_to_anybody_is_not_taken_for_one() {
    let change = |pointer: &str, value: Value| {
        let mut data = upsert(&json!({"conversation": "Oi"}));
        *data.pointer_mut(pointer).expect("a field") = value;
        data
    };
    for data in [
        change("/key/remoteJid", json!("status@broadcast")),
        change("/key/remoteJid", json!("120363@newsletter")),
        change("/key/remoteJid", json!("5511987654321")),
        change("/key/remoteJid", json!(7)),
        change("/key/id", json!("")),
        change("/key", json!(null)),
        change("/message", json!(null)),
        change("/message", json!({})),
        change("/message", json!({"imageMessage": null})),
        change("/message", json!({"protocolMessage": {"type": "REVOKE"}})),
        change(
            "/message",
            json!({"senderKeyDistributionMessage": {}, "messageContextInfo": {}}),
        ),
    ] {
        let other = Event::Other("messages.upsert".to_owned());
        assert_eq!(only("messages.upsert", &data), other, "{data}");
    }
}
