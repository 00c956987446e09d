//! The request for each kind of message, in the forms of v2 and v1.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Accepted, OutgoingMessage};

use super::{accepted_json, evolution, evolution_with};
use crate::phone;
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};

fn body(kind: &str, payload: &Value) -> MessageBody {
    MessageBody::from_parts(kind, None, Some(payload)).expect("a message")
}

pub(super) fn to_ana(kind: &str, payload: &Value) -> OutgoingMessage {
    OutgoingMessage::new(phone("11987654321"), body(kind, payload))
}

/// What is asked of a server of that version to send the message.
async fn seen(version: &str, message: &OutgoingMessage) -> SeenRequest {
    let server = AnsweringServer::start(AnswerScript::json(201, &accepted_json())).await;
    let provider = evolution_with(&server.base_url, &json!({ "version": version }));
    provider.send(message).await.expect("an accepted message");
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

async fn assert_requests(operation: &str, message: &OutgoingMessage, two: Value, one: Value) {
    for (version, expected) in [("2", two), ("1", one)] {
        let request = seen(version, message).await;
        let target = format!("POST /message/{operation}/loja%201%2Fsul");
        assert_eq!(request.target, target);
        assert_eq!(request.body, expected, "v{version}");
    }
}

async fn refused(message: &OutgoingMessage) -> SendError {
    let error = evolution("http://127.0.0.1:1").send(message).await;
    let error = error.expect_err("nothing was asked");
    assert!(!error.reached_provider, "{error}");
    error
}

const ANA: &str = "5511987654321";

#[tokio::test]
async fn a_text_is_sent_with_or_without_a_preview() {
    for preview in [false, true] {
        let message = to_ana("text", &json!({"text": "Olá", "preview": preview}));
        assert_requests(
            "sendText",
            &message,
            json!({"number": ANA, "text": "Olá", "linkPreview": preview}),
            json!({
                "number": ANA, "textMessage": {"text": "Olá"}, "options": {"linkPreview": preview},
            }),
        )
        .await;
    }
}

#[tokio::test]
async fn files_are_sent_by_address_or_as_base64() {
    for kind in ["image", "video", "document", "audio"] {
        let payload = json!({
            "url": "https://example.com/a", "mime_type": "a/b", "caption": "Veja", "file_name": "a.b",
        });
        let media = json!({
            "mediatype": kind, "media": "https://example.com/a", "mimetype": "a/b", "caption": "Veja",
            "fileName": "a.b",
        });
        let mut two = media.clone();
        two["number"] = json!(ANA);
        let one = json!({"number": ANA, "mediaMessage": media, "options": {}});
        assert_requests("sendMedia", &to_ana(kind, &payload), two, one).await;
    }
    let bare = to_ana("image", &json!({"base64": "aGk="}));
    let media = json!({"mediatype": "image", "media": "aGk="});
    assert_requests(
        "sendMedia",
        &bare,
        json!({"number": ANA, "mediatype": "image", "media": "aGk="}),
        json!({"number": ANA, "mediaMessage": media, "options": {}}),
    )
    .await;
}

/// Q5: `encode()` of PostgreSQL breaks its lines, and Evolution takes such a text for none.
#[tokio::test]
async fn base64_is_sent_without_line_breaks() {
    for (kind, field) in [
        ("image", "media"),
        ("sticker", "sticker"),
        ("audio", "audio"),
    ] {
        let payload = json!({"base64": "T2dn\nT2dn\r\n", "voice": kind == "audio"});
        let request = seen("2", &to_ana(kind, &payload)).await;
        assert_eq!(request.body[field], "T2dnT2dn", "{kind}");
    }
}

#[tokio::test]
async fn a_document_as_base64_needs_a_name() {
    let error = refused(&to_ana("document", &json!({"base64": "aGk="}))).await;
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(error.message.contains("file_name"), "{error}");
}

#[tokio::test]
async fn a_voice_note_is_not_a_file() {
    let message = to_ana("audio", &json!({"base64": "T2dn", "voice": true}));
    assert_requests(
        "sendWhatsAppAudio",
        &message,
        json!({"number": ANA, "audio": "T2dn", "encoding": true}),
        json!({"number": ANA, "audioMessage": {"audio": "T2dn"}, "options": {"encoding": true}}),
    )
    .await;
}

#[tokio::test]
async fn a_sticker_is_sent() {
    let message = to_ana("sticker", &json!({"url": "https://example.com/a.webp"}));
    let url = "https://example.com/a.webp";
    assert_requests(
        "sendSticker",
        &message,
        json!({"number": ANA, "sticker": url}),
        json!({"number": ANA, "stickerMessage": {"image": url}, "options": {}}),
    )
    .await;
}

#[tokio::test]
async fn a_location_has_all_four_fields() {
    let place = |name: Option<&str>, address: Option<&str>| {
        let payload =
            json!({"latitude": -23.5, "longitude": -46.6, "name": name, "address": address});
        to_ana("location", &payload)
    };
    for (name, address, sent_name, sent_address) in [
        (Some("Loja"), Some("Rua A, 1"), "Loja", "Rua A, 1"),
        (Some("Loja"), None, "Loja", "Loja"),
        (None, Some("Rua A, 1"), "Rua A, 1", "Rua A, 1"),
    ] {
        let fields = json!({
            "latitude": -23.5, "longitude": -46.6, "name": sent_name, "address": sent_address,
        });
        let mut two = fields.clone();
        two["number"] = json!(ANA);
        let one = json!({"number": ANA, "locationMessage": fields, "options": {}});
        assert_requests("sendLocation", &place(name, address), two, one).await;
    }
    let error = refused(&place(None, None)).await;
    assert_eq!(error.class, ErrorClass::Rejected);
}

#[tokio::test]
async fn contacts_lead_to_a_conversation() {
    let message = to_ana(
        "contact",
        &json!({"contacts": [
            {"name": "Bia", "phone": "+5511912345678", "organization": "Loja", "email": "bia@example.com"},
            {"name": "Caio", "phone": "+5511923456789"},
        ]}),
    );
    let cards = json!([
        {
            "fullName": "Bia", "wuid": "5511912345678", "phoneNumber": "+5511912345678",
            "organization": "Loja", "email": "bia@example.com",
        },
        {"fullName": "Caio", "wuid": "5511923456789", "phoneNumber": "+5511923456789"},
    ]);
    assert_requests(
        "sendContact",
        &message,
        json!({"number": ANA, "contact": cards}),
        json!({"number": ANA, "contactMessage": cards, "options": {}}),
    )
    .await;
}

#[tokio::test]
async fn a_reaction_names_the_message_in_its_chat() {
    let mut message = to_ana(
        "reaction",
        &json!({"message_id": "3EB0", "from_me": true, "emoji": "👍"}),
    );
    let fields =
        |jid| json!({"key": {"id": "3EB0", "remoteJid": jid, "fromMe": true}, "reaction": "👍"});
    let expected = fields("5511987654321@s.whatsapp.net");
    let one = json!({ "reactionMessage": expected });
    assert_requests("sendReaction", &message, expected, one).await;
    message.confirmed_address = Some("551187654321@s.whatsapp.net".to_owned());
    let expected = fields("551187654321@s.whatsapp.net");
    assert_eq!(seen("2", &message).await.body, expected);
}

#[tokio::test]
async fn buttons_answer() {
    let payload = json!({
        "title": "Pedido 7", "text": "Confirma?", "footer": "Loja",
        "buttons": [{"id": "s", "label": "Sim"}, {"id": "n", "label": "Não"}],
    });
    assert_requests(
        "sendButtons",
        &to_ana("buttons", &payload),
        json!({
            "number": ANA, "title": "Pedido 7", "description": "Confirma?", "footer": "Loja",
            "buttons": [
                {"type": "reply", "displayText": "Sim", "id": "s"},
                {"type": "reply", "displayText": "Não", "id": "n"},
            ],
        }),
        json!({
            "number": ANA, "options": {},
            "buttonMessage": {
                "title": "Pedido 7", "description": "Confirma?", "footerText": "Loja",
                "buttons": [
                    {"buttonText": "Sim", "buttonId": "s"}, {"buttonText": "Não", "buttonId": "n"},
                ],
            },
        }),
    )
    .await;
}

/// Evolution writes `*undefined*` where there is no title.
#[tokio::test]
async fn without_a_title_the_first_line_is_it() {
    for (text, title, description) in [
        ("Confirma?", "Confirma?", None),
        (
            "Pedido 7 \n\nConfirma?\nAgora?",
            "Pedido 7",
            Some("Confirma?\nAgora?"),
        ),
    ] {
        let payload = json!({"text": text, "buttons": [{"id": "s", "label": "Sim"}]});
        let body = seen("2", &to_ana("buttons", &payload)).await.body;
        assert_eq!(body["title"], title);
        assert_eq!(body.get("description").and_then(Value::as_str), description);
    }
}

#[tokio::test]
async fn a_list_has_a_footer_and_headings() {
    let mut payload = json!({
        "title": "Cardápio", "text": "Escolha", "footer": "Loja", "button": "Ver",
        "sections": [{"rows": [{"id": "1", "title": "Uva", "description": "500 ml"}, {"id": "2", "title": "Kiwi"}]}],
    });
    let fields = json!({
        "title": "Cardápio", "description": "Escolha", "footerText": "Loja", "buttonText": "Ver",
        "sections": [{
            "title": "Cardápio",
            "rows": [
                {"title": "Uva", "description": "500 ml", "rowId": "1"}, {"title": "Kiwi", "rowId": "2"},
            ],
        }],
    });
    let mut two = fields.clone();
    two["number"] = json!(ANA);
    let one = json!({"number": ANA, "listMessage": fields, "options": {}});
    assert_requests("sendList", &to_ana("list", &payload), two, one).await;
    payload["footer"] = json!(null);
    let error = refused(&to_ana("list", &payload)).await;
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(error.message.contains("footer"), "{error}");
}

#[tokio::test]
async fn a_poll_has_at_most_ten_options() {
    let poll = |options: usize, choices: u8| {
        let options: Vec<String> = (0..options)
            .map(|option| format!("Sabor {option}"))
            .collect();
        let payload = json!({"question": "Sabor?", "options": options, "choices": choices});
        to_ana("poll", &payload)
    };
    for (choices, sent) in [(1, 1), (0, 0), (9, 2)] {
        let fields = json!({
            "name": "Sabor?", "selectableCount": sent, "values": ["Sabor 0", "Sabor 1"],
        });
        let mut two = fields.clone();
        two["number"] = json!(ANA);
        let one = json!({"number": ANA, "pollMessage": fields, "options": {}});
        assert_requests("sendPoll", &poll(2, choices), two, one).await;
    }
    seen("2", &poll(10, 1)).await;
    assert_eq!(refused(&poll(11, 1)).await.class, ErrorClass::Rejected);
}

#[tokio::test]
async fn a_message_may_quote_another() {
    let mut message = to_ana("text", &json!({"text": "Sim"}));
    message.quotes = Some("3EB0".to_owned());
    let quoted = json!({"key": {"id": "3EB0"}});
    assert_requests(
        "sendText",
        &message,
        json!({"number": ANA, "text": "Sim", "linkPreview": false, "quoted": quoted}),
        json!({
            "number": ANA, "textMessage": {"text": "Sim"},
            "options": {"linkPreview": false, "quoted": quoted},
        }),
    )
    .await;
}

/// O4: the address that the provider has confirmed comes before the number; there are recipients without one.
#[tokio::test]
async fn the_recipient_is_addressed_as_evolution_knows_them() {
    let recipient = |kind, address| Recipient::parse(kind, address).expect("an address");
    let lid = recipient("lid", "123456789012345");
    let group = recipient("group", "120363025246125486");
    let bsuid = recipient("bsuid", "BR.1502576394655843");
    let confirmed = "551187654321@s.whatsapp.net";
    for (recipient, confirmed, expected) in [
        (phone("11987654321"), None, ANA),
        (phone("11987654321"), Some(confirmed), confirmed),
        (lid, None, "123456789012345@lid"),
        (group, None, "120363025246125486@g.us"),
        (bsuid.clone(), Some(confirmed), confirmed),
    ] {
        let mut message = OutgoingMessage::new(recipient, MessageBody::text("Oi"));
        message.confirmed_address = confirmed.map(str::to_owned);
        for version in ["1", "2"] {
            assert_eq!(seen(version, &message).await.body["number"], expected);
        }
    }
    let error = refused(&OutgoingMessage::new(bsuid, MessageBody::text("Oi"))).await;
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(!error.message.contains("1502576394655843"), "{error}");
}

#[tokio::test]
async fn there_are_all_kinds_but_templates() {
    let provider = evolution("http://127.0.0.1:1");
    for kind in MessageKind::ALL {
        let has = provider.kinds().contains(&kind);
        assert_eq!(has, kind != MessageKind::Template, "{kind:?}");
    }
    assert!(provider.can_quote());
    let template = to_ana("template", &json!({"name": "pedido", "language": "pt_BR"}));
    assert_eq!(refused(&template).await.class, ErrorClass::Rejected);
}

/// P1: whatever the kind, the answer is the same.
#[tokio::test]
async fn the_message_of_any_kind_has_an_id() {
    let server = AnsweringServer::start(AnswerScript::json(201, &accepted_json())).await;
    let message = to_ana("sticker", &json!({"base64": "aGk="}));
    let accepted = evolution(&server.base_url).send(&message).await;
    let expected = Accepted {
        provider_message_id: "3EB0C5A277".to_owned(),
        recipient_address: Some("551187654321@s.whatsapp.net".to_owned()),
    };
    assert_eq!(accepted, Ok(expected));
}
