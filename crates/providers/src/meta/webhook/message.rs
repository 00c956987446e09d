//! Messages of customers, and those that the owner wrote on the phone.

use serde_json::Value;
use zapgres_core::recipient::Recipient;

use super::content::{self, Content};
use super::{items, text, time};
use crate::webhook::{Event, InboundMessage};

/// In which conversation a message is.
struct Place {
    chat: Recipient,
    aliases: Vec<Recipient>,
    author: Option<Recipient>,
    name: Option<String>,
    from_me: bool,
}

/// One of `messages`: somebody wrote to us. `value` has the `contacts` that belong to it.
pub(super) fn received(message: &Value, value: &Value) -> Event {
    let contact = contact_of(message, value);
    let mut person = addresses(&[
        ("phone", text(message, "/from")),
        ("bsuid", text(message, "/from_user_id")),
        ("phone", text(contact, "/wa_id")),
        ("bsuid", text(contact, "/user_id")),
        ("bsuid", text(contact, "/parent_user_id")),
    ])
    .into_iter();
    let author = person.next();
    let name = text(contact, "/profile/name").map(str::to_owned);
    let place = match text(message, "/group_id") {
        Some(group) => Recipient::parse("group", group).ok().map(|chat| Place {
            chat,
            aliases: Vec::new(),
            author,
            name,
            from_me: false,
        }),
        None => author.map(|chat| Place {
            chat,
            aliases: person.collect(),
            author: None,
            name,
            from_me: false,
        }),
    };
    event(message, place)
}

/// One of `message_echoes`: the owner wrote it, on the phone or on another of Meta's pages.
pub(super) fn echoed(message: &Value) -> Event {
    let mut person = addresses(&[
        ("phone", text(message, "/to")),
        ("bsuid", text(message, "/to_user_id")),
    ])
    .into_iter();
    let place = person.next().map(|chat| Place {
        chat,
        aliases: person.collect(),
        author: None,
        name: None,
        from_me: true,
    });
    event(message, place)
}

fn event(message: &Value, place: Option<Place>) -> Event {
    let (Some(id), Some(place)) = (text(message, "/id"), place) else {
        return Event::Other("a message without an id or an address".to_owned());
    };
    let Content {
        kind,
        text,
        quotes,
        content,
    } = content::of(message);
    Event::Message(Box::new(InboundMessage {
        provider_message_id: id.to_owned(),
        chat: place.chat,
        aliases: place.aliases,
        author: place.author,
        name: place.name,
        from_me: place.from_me,
        at: time(message),
        kind,
        text,
        quotes,
        content,
    }))
}

/// The contact that wrote the message. One alone needs no proof: its number may be spelled otherwise, or be absent.
fn contact_of<'a>(message: &Value, value: &'a Value) -> &'a Value {
    let same = |contact: &&Value, theirs, ours| {
        let address = text(contact, theirs);
        address.is_some() && address == text(message, ours)
    };
    let alone = || {
        let mut contacts = items(value, "contacts");
        contacts.next().filter(|_| contacts.next().is_none())
    };
    items(value, "contacts")
        .find(|contact| {
            same(contact, "/wa_id", "/from") || same(contact, "/user_id", "/from_user_id")
        })
        .or_else(alone)
        .unwrap_or(&Value::Null)
}

/// Those that are addresses, each once, in their order.
fn addresses(candidates: &[(&str, Option<&str>)]) -> Vec<Recipient> {
    let mut addresses = Vec::new();
    for (kind, candidate) in candidates {
        // Numbers come without the +, which means another country to whoever reads them.
        let spelled = match (*kind, candidate) {
            (_, None) => continue,
            ("phone", Some(number)) => format!("+{}", number.trim_start_matches('+')),
            (_, Some(id)) => (*id).to_owned(),
        };
        if let Ok(address) = Recipient::parse(kind, &spelled)
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    addresses
}
