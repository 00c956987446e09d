use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(
    kind: &str,
    body: Option<&str>,
    payload: serde_json::Value,
) -> Result<MessageBody, MessageError> {
    MessageBody::from_parts(kind, body, Some(&payload))
}

/// P1: every kind can be kept in the queue and read back.
#[test]
fn every_kind_has_a_form_in_the_queue() {
    let media = json!({"url": "https://loja.example/a.jpg", "caption": "Olha"});
    let payloads = [
        (MessageKind::Text, json!({"text": "Oi"})),
        (
            MessageKind::Template,
            json!({"name": "pedido", "language": "pt_BR", "parameters": [{"text": "Ana"}],
                "header": {"type": "image", "url": "https://loja.example/a.jpg"},
                "buttons": [{"type": "url", "index": 0, "text": "/p/1"}]}),
        ),
        (MessageKind::Image, media.clone()),
        (
            MessageKind::Document,
            json!({"base64": "AAAA", "file_name": "nota.pdf"}),
        ),
        (
            MessageKind::Audio,
            json!({"url": "https://loja.example/a.ogg", "voice": true}),
        ),
        (MessageKind::Video, media.clone()),
        (MessageKind::Sticker, media),
        (
            MessageKind::Location,
            json!({"latitude": -23.5, "longitude": -46.6}),
        ),
        (
            MessageKind::Contact,
            json!({"contacts": [{"name": "Ana", "phone": "+5511987654321"}]}),
        ),
        (
            MessageKind::Reaction,
            json!({"message_id": "3EB0", "emoji": "👍"}),
        ),
        (
            MessageKind::Buttons,
            json!({"text": "?", "buttons": [{"id": "s", "label": "Sim"}]}),
        ),
        (
            MessageKind::List,
            json!({"text": "?", "button": "Ver", "sections": [{"rows": [{"id": "1", "title": "Um"}]}]}),
        ),
        (
            MessageKind::Poll,
            json!({"question": "?", "options": ["a", "b"]}),
        ),
    ];
    assert_eq!(payloads.len(), MessageKind::ALL.len());
    for (kind, payload) in payloads {
        let message = parse(kind.as_str(), None, payload).unwrap();
        assert_eq!(message.kind(), kind);
        let mut stored = serde_json::to_value(&message).unwrap();
        assert_eq!(stored["kind"], kind.as_str());
        stored.as_object_mut().unwrap().remove("kind");
        assert_eq!(parse(kind.as_str(), None, stored), Ok(message));
    }
}

/// P1: the queue's body is the text, or the caption.
#[test]
fn the_body_is_the_text_of_kinds_that_have_one() {
    assert_eq!(
        parse("text", Some("Oi"), json!(null)),
        Ok(MessageBody::text("Oi"))
    );
    let image = parse("image", Some("Olha"), json!({"url": "https://h/a.jpg"})).unwrap();
    assert_eq!(image.media().unwrap().caption.as_deref(), Some("Olha"));
}

/// P1: what PostgreSQL's `encode` makes of a file is a file.
#[test]
fn base64_may_have_line_breaks() {
    let image = parse("image", None, json!({"base64": "AAAA\nBBBB\r\n"})).unwrap();
    let source = &image.media().unwrap().source;
    assert_eq!(*source, MediaSource::Base64("AAAABBBB".to_owned()));
}

/// P1: bad input is refused in one line that repeats none of it.
#[test]
fn what_is_no_message_is_refused_without_being_repeated() {
    for (kind, payload) in [
        ("text", json!({})),
        ("fax", json!({"text": "segredo"})),
        ("text", json!({"text": {"segredo": 1}})),
        ("text", json!({"text": "  "})),
        ("image", json!({"caption": "segredo"})),
        ("image", json!({"url": "file:///segredo"})),
        ("image", json!({"base64": "data:segredo"})),
        ("location", json!({"latitude": 91.0, "longitude": 0.0})),
        ("location", json!({"latitude": "segredo", "longitude": 0.0})),
        ("buttons", json!({"text": "x", "buttons": []})),
        ("list", json!({"text": "x", "button": "b", "sections": []})),
        (
            "poll",
            json!({"question": "x", "options": ["segredo", "segredo"]}),
        ),
        ("contact", json!({"contacts": []})),
    ] {
        let error = parse(kind, None, payload).unwrap_err().to_string();
        assert!(!error.contains("segredo"), "{error}");
        assert!(error.contains(kind) && !error.contains('\n'), "{error}");
    }
}

/// P1: a card leads to whoever it names. Without the country code, the digits of a Brazilian number are another country's.
#[test]
fn the_number_of_a_card_is_made_whole() {
    for (typed, canonical) in [
        ("(11) 98765-4321", "+5511987654321"),
        ("011 98765-4321", "+5511987654321"),
        ("+55 31 8765-4321", "+5531987654321"),
        ("+14155552671", "+14155552671"),
        ("ramal 12", "ramal 12"),
    ] {
        let payload = json!({"contacts": [{"name": "Ana", "phone": typed}]});
        let MessageBody::Contact(contacts) = parse("contact", None, payload).unwrap() else {
            panic!("a contact");
        };
        assert_eq!(contacts.contacts[0].phone, canonical);
    }
}

/// P1: buttons and lists become numbered text.
#[test]
fn choices_are_numbered_in_their_order() {
    let list = parse(
        "list",
        Some("Escolha:"),
        json!({"title": "Cardápio", "button": "Ver", "footer": "Até 23h", "sections": [
            {"title": "Pizzas", "rows": [{"id": "1", "title": "Calabresa", "description": "R$ 40"}]},
            {"title": "Bebidas", "rows": [{"id": "2", "title": "Água"}, {"id": "3", "title": "Suco"}]},
        ]}),
    );
    assert_eq!(
        list.unwrap().as_numbered_text(),
        Some(MessageBody::text(
            "*Cardápio*\nEscolha:\n\n\n*Pizzas*\n1. Calabresa (R$ 40)\n\n*Bebidas*\n2. Água\n3. Suco\n\n_Até 23h_"
        ))
    );
    let buttons = parse(
        "buttons",
        Some("Confirma?"),
        json!({"buttons": [{"id": "s", "label": "Sim"}, {"id": "n", "label": "Não"}]}),
    );
    assert_eq!(
        buttons.unwrap().as_numbered_text(),
        Some(MessageBody::text("Confirma?\n\n1. Sim\n2. Não"))
    );
    assert_eq!(MessageBody::text("Oi").as_numbered_text(), None);
}

proptest! {
    /// P1: no payload, however strange, makes reading panic.
    #[test]
    fn reading_never_panics(kind in "[a-z]{0,9}", text in ".{0,40}", number in any::<f64>()) {
        let payload = json!({"text": text, "latitude": number, "longitude": number, "url": text,
            "buttons": [{"id": text, "label": text}], "options": [text, text]});
        let _ = MessageBody::from_parts(&kind, Some(&text), Some(&payload));
        for kind in MessageKind::ALL {
            let _ = MessageBody::from_parts(kind.as_str(), None, Some(&payload));
        }
    }
}
