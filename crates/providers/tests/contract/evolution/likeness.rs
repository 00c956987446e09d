//! Messages of every kind in Evolution's history: which can be told from others, and how.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use zapgres_core::message::MessageBody;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Enquiry, OutgoingMessage, Reconciliation};

use super::evolution;
use super::requests::to_ana;
use crate::server::{AnswerScript, AnsweringServer};

const ADDRESS: &str = "5511987654321@s.whatsapp.net";

fn sent_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_717_689_097, 0).expect("a time")
}

/// What is made of a history with this one message, and which addresses were asked about.
async fn asked(
    message: OutgoingMessage,
    remote_jid: &str,
    stored: &Value,
) -> (Reconciliation, Vec<Value>) {
    let record = json!({
        "key": {"id": "X", "fromMe": true, "remoteJid": remote_jid}, "message": stored,
        "messageTimestamp": sent_at().timestamp(),
    });
    let history =
        json!({"messages": {"total": 1, "pages": 1, "currentPage": 1, "records": [record]}});
    let server = AnsweringServer::start(AnswerScript::json(200, &history)).await;
    let enquiry = Enquiry {
        message,
        since: sent_at(),
        until: sent_at() + TimeDelta::seconds(60),
        others: HashSet::new(),
    };
    let told = evolution(&server.base_url).reconcile(&enquiry).await;
    let addresses = server
        .requests()
        .iter()
        .map(|request| request.body["where"]["key"]["remoteJid"].clone())
        .collect();
    (told.expect("an answer"), addresses)
}

/// B2: the stored form of each kind, and one that only resembles it.
#[tokio::test]
async fn a_message_of_each_comparable_kind_is_found() {
    let url = "https://example.com/a";
    let wrapped = |message: Value| json!({"documentWithCaptionMessage": {"message": message}});
    for (kind, payload, stored, other) in [
        (
            "image",
            json!({"url": url, "caption": "Foto"}),
            json!({"imageMessage": {"caption": "Foto", "url": "https://mmg.whatsapp.net"}}),
            json!({"videoMessage": {"caption": "Foto"}}),
        ),
        (
            "video",
            json!({"url": url, "caption": "Veja"}),
            json!({"ephemeralMessage": {"message": {"videoMessage": {"caption": "Veja"}}}}),
            json!({"videoMessage": {"caption": "Veja!"}}),
        ),
        (
            "document",
            json!({"url": url, "caption": "Nota", "file_name": "7.pdf"}),
            wrapped(json!({"documentMessage": {"caption": "Nota", "fileName": "7.pdf"}})),
            json!({"documentMessage": {"caption": "Nota", "fileName": "8.pdf"}}),
        ),
        (
            "document",
            json!({"url": url, "file_name": "7.pdf"}),
            json!({"documentMessage": {"fileName": "7.pdf"}}),
            json!({"documentMessage": {}}),
        ),
        (
            "location",
            json!({"latitude": -23.5, "longitude": -46.6, "name": "Loja"}),
            json!({"locationMessage": {"degreesLatitude": -23.500_000_1, "degreesLongitude": -46.6}}),
            json!({"locationMessage": {"degreesLatitude": -23.5, "degreesLongitude": -46.7}}),
        ),
        (
            "contact",
            json!({"contacts": [{"name": "Bia", "phone": "+5511912345678"}]}),
            json!({"contactMessage": {"displayName": "Bia", "vcard": "BEGIN:VCARD"}}),
            json!({"contactMessage": {"displayName": "Caio"}}),
        ),
        (
            "poll",
            json!({"question": "Sabor?", "options": ["Uva", "Kiwi"]}),
            json!({"pollCreationMessageV3": {"name": "Sabor?"}}),
            json!({"pollUpdateMessage": {"name": "Sabor?"}}),
        ),
        (
            "reaction",
            json!({"message_id": "3EB0", "emoji": "👍"}),
            json!({"reactionMessage": {"key": {"id": "3EB0"}, "text": "👍"}}),
            json!({"reactionMessage": {"key": {"id": "3EB1"}, "text": "👍"}}),
        ),
    ] {
        let (told, _) = asked(to_ana(kind, &payload), ADDRESS, &stored).await;
        assert!(
            matches!(told, Reconciliation::Found(_)),
            "{stored}: {told:?}"
        );
        for other in [
            other,
            json!({"conversation": "Foto"}),
            json!(null),
            json!([]),
        ] {
            let (told, _) = asked(to_ana(kind, &payload), ADDRESS, &other).await;
            assert_eq!(told, Reconciliation::NotFound, "{kind}: {other}");
        }
    }
}

/// B2: what looks like every other message of its kind is not looked for.
#[tokio::test]
async fn what_cannot_be_compared_cannot_be_told() {
    let file = json!({"url": "https://example.com/a"});
    let cards = json!({"contacts": [
        {"name": "Bia", "phone": "+5511912345678"}, {"name": "Caio", "phone": "+5511923456789"},
    ]});
    let buttons = json!({"text": "Sim?", "buttons": [{"id": "s", "label": "Sim"}]});
    let list = json!({"text": "Escolha", "button": "Ver", "sections": [{"rows": [{"id": "1", "title": "Uva"}]}]});
    let messages = [
        ("image", &file),
        ("video", &file),
        ("document", &file),
        ("audio", &file),
        ("sticker", &file),
        ("contact", &cards),
        ("buttons", &buttons),
        ("list", &list),
    ];
    for (kind, payload) in messages {
        let stored = json!({"imageMessage": {}});
        let (told, addresses) = asked(to_ana(kind, payload), ADDRESS, &stored).await;
        assert_eq!(told, Reconciliation::CannotTell, "{kind}");
        assert!(addresses.is_empty(), "nothing is asked: {kind}");
    }
}

/// B2, O4: every address that the message may be stored under is asked about, the confirmed one first.
#[tokio::test]
async fn the_message_is_looked_for_under_every_address() {
    let recipient = |kind, address| Recipient::parse(kind, address).expect("an address");
    let without_ninth = "551187654321@s.whatsapp.net";
    for (recipient, confirmed, expected) in [
        (
            recipient("phone", "+5511987654321"),
            None,
            vec![ADDRESS, without_ninth],
        ),
        (
            recipient("phone", "+5511987654321"),
            Some(without_ninth),
            vec![without_ninth, ADDRESS],
        ),
        (
            recipient("phone", "+5511987654321"),
            Some("1@lid"),
            vec!["1@lid", ADDRESS, without_ninth],
        ),
        (recipient("lid", "1"), None, vec!["1@lid"]),
        (recipient("group", "1"), None, vec!["1@g.us"]),
        (recipient("bsuid", "BR.1"), Some("1@lid"), vec!["1@lid"]),
    ] {
        let mut message = OutgoingMessage::new(recipient, MessageBody::text("Oi"));
        message.confirmed_address = confirmed.map(str::to_owned);
        let stored = json!({"conversation": "Oi"});
        let last = *expected.last().expect("one at least");
        let (told, _) = asked(message.clone(), last, &stored).await;
        assert!(matches!(told, Reconciliation::Found(_)), "{last}");
        let (told, addresses) = asked(message, "7@lid", &stored).await;
        assert_eq!(told, Reconciliation::NotFound);
        assert_eq!(addresses, expected);
    }
    let unknown = OutgoingMessage::new(recipient("bsuid", "BR.1"), MessageBody::text("Oi"));
    let (told, addresses) = asked(unknown, ADDRESS, &json!({})).await;
    assert_eq!((told, addresses), (Reconciliation::CannotTell, Vec::new()));
}
