//! Messages of customers and of the owner.

use chrono::DateTime;
use serde_json::{Value, json};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Event, InboundMessage};

use super::fixtures::{delivery, envelope, every_type, from_ana};
use super::read_one;

fn message_in(body: &Value) -> InboundMessage {
    match read_one(body) {
        Event::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn bsuid(id: &str) -> Recipient {
    Recipient::parse("bsuid", id).expect("an id")
}

/// C1: kind, text and quoted message of every type, known or not.
#[test]
fn every_type_has_its_kind_text_and_reference() {
    let expected = [
        ("text", Some("oi"), None),
        ("image", Some("a foto"), None),
        ("video", Some("o filme"), None),
        ("audio", None, None),
        ("document", Some("a nota"), None),
        ("sticker", None, None),
        ("location", None, None),
        ("contact", None, None),
        ("reaction", Some("👍"), Some("wamid.OURS")),
        ("reaction", None, Some("wamid.OURS")),
        ("button_reply", Some("Sim"), Some("wamid.OURS")),
        ("list_reply", Some("Pizza"), Some("wamid.OURS")),
        ("nfm_reply", Some("Sent"), Some("wamid.OURS")),
        ("button_reply", Some("Cancelar"), Some("wamid.OURS")),
        ("order", Some("para hoje"), None),
        ("system", Some("Ana changed her number"), None),
        ("edit", Some("olá"), Some("wamid.OLD")),
        ("revoke", None, Some("wamid.OLD")),
        ("unsupported", None, None),
        ("unsupported", None, None),
        ("unsupported", None, None),
        ("hologram", None, None),
        ("unsupported", None, None),
    ];
    let messages = every_type();
    assert_eq!(messages.len(), expected.len());
    for (message, expected) in messages.iter().zip(expected) {
        let told = message_in(&from_ana(message));
        let (kind, text, quotes) = (told.kind.as_str(), told.text, told.quotes);
        assert_eq!(
            (kind, text.as_deref(), quotes.as_deref()),
            expected,
            "{message}"
        );
        assert!(told.content.is_object(), "{message}");
    }
}

/// C1: what a flow or an attendant may need beyond the text is kept in the provider's shape.
#[test]
fn the_content_is_what_the_type_has_and_what_stands_beside_it() {
    let content = |message: Value| message_in(&from_ana(&message)).content;
    let button = json!({"type": "button_reply", "button_reply": {"id": "yes", "title": "Sim"}});
    assert_eq!(
        content(json!({"type": "interactive", "interactive": button})),
        json!({"id": "yes", "title": "Sim"})
    );
    let cards = json!([{"name": {"formatted_name": "Bia"}}]);
    assert_eq!(
        content(json!({"type": "contacts", "contacts": cards})),
        json!({"contacts": cards})
    );
    let referral = json!({"source_id": "ad1", "ctwa_clid": "x"});
    assert_eq!(
        content(json!({"type": "text", "text": {"body": "oi"}, "referral": referral})),
        json!({"body": "oi", "referral": referral})
    );
    let errors = json!([{"code": 131_051}]);
    assert_eq!(
        content(json!({"type": "unknown", "errors": errors})),
        json!({"errors": errors})
    );
}

#[test]
fn a_message_has_its_sender_in_every_spelling_name_and_time() {
    let told = message_in(&from_ana(&json!({"type": "text", "text": {"body": "oi"}})));
    assert_eq!(told.provider_message_id, "wamid.A");
    // Meta leaves the ninth digit out; the canonical number has it.
    assert_eq!(told.chat.address(), "+5531987654321");
    assert_eq!(told.aliases, [bsuid("BR.1502576394655843")]);
    assert_eq!(told.name.as_deref(), Some("Ana"));
    assert_eq!(told.at, DateTime::from_timestamp(1_697_043_223, 0));
    assert_eq!((told.from_me, told.author), (false, None));
}

/// O4, C2: since 2026 people may have a name instead of a number.
#[test]
fn a_sender_without_a_number_is_known_by_their_id() {
    let message = json!({
        "from_user_id": "BR.1", "id": "wamid.A", "timestamp": 1_697_043_223,
        "type": "text", "text": {"body": "oi"},
    });
    let contacts = json!([
        {"profile": {"name": "Bia"}, "user_id": "BR.2", "wa_id": "5511987654321"},
        {"profile": {"name": "Ana"}, "user_id": "BR.1", "parent_user_id": "BR.ENT.1"},
    ]);
    let value = json!({"contacts": contacts, "messages": [message]});
    let told = message_in(&delivery("messages", value));
    assert_eq!(told.chat, bsuid("BR.1"));
    assert_eq!(told.aliases, [bsuid("BR.ENT.1")]);
    assert_eq!(told.name.as_deref(), Some("Ana"));
    assert_eq!(told.at, DateTime::from_timestamp(1_697_043_223, 0));
}

/// Somebody else's name would be worse than none.
#[test]
fn of_several_contacts_none_is_guessed() {
    let contacts = json!([
        {"profile": {"name": "Bia"}, "wa_id": "5511987654321"},
        {"profile": {"name": "Caio"}, "wa_id": "5511987654322"},
    ]);
    let message = envelope(&json!({"type": "text", "text": {"body": "oi"}}));
    let value = json!({"contacts": contacts, "messages": [message]});
    let told = message_in(&delivery("messages", value));
    assert_eq!((told.name, told.aliases.len()), (None, 0));
}

#[test]
fn in_a_group_the_chat_is_the_group_and_the_sender_its_author() {
    let message = json!({"type": "text", "text": {"body": "oi"}, "group_id": "Y2FwaV9ncm91cDo="});
    let told = message_in(&from_ana(&message));
    assert_eq!(told.chat.kind(), "group");
    assert_eq!(told.chat.address(), "Y2FwaV9ncm91cDo=");
    let author = told.author.expect("an author");
    assert_eq!(author.address(), "+5531987654321");
    assert_eq!(told.aliases, []);
}

/// What the owner writes on the phone stops a bot, so it must be told apart.
#[test]
fn an_echo_is_a_message_from_us_to_the_customer() {
    let echo = json!({
        "from": "15550783881", "to": "553187654321", "id": "wamid.E", "timestamp": "1697043223",
        "type": "text", "text": {"body": "já vai"},
    });
    let body = delivery("smb_message_echoes", json!({"message_echoes": [echo]}));
    let told = message_in(&body);
    assert!(told.from_me);
    assert_eq!(told.chat.address(), "+5531987654321");
    assert_eq!(told.text.as_deref(), Some("já vai"));
}

#[test]
fn a_message_without_an_address_or_an_id_is_told_as_something_else() {
    for without in ["from", "id"] {
        let mut message = envelope(&json!({"type": "text", "text": {"body": "oi"}}));
        message[without] = json!(7);
        let event = read_one(&delivery("messages", json!({"messages": [message]})));
        assert!(matches!(event, Event::Other(_)), "{event:?}");
    }
}
