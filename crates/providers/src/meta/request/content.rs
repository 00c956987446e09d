//! Files, places and address cards.

use serde_json::{Map, Value, json};
use zapgres_core::message::{ContactCard, Contacts, Location, Media};

use super::insert_some;
use crate::meta::files::FileName;

/// `{"id"}` or `{"link"}`.
pub(super) fn file_object(file: Option<&FileName>) -> Map<String, Value> {
    let mut object = Map::new();
    match file {
        Some(FileName::Id(id)) => insert_some(&mut object, "id", Some(id)),
        Some(FileName::Link(link)) => insert_some(&mut object, "link", Some(link)),
        None => {}
    }
    object
}

pub(super) fn captioned(media: &Media, file: Option<&FileName>) -> Value {
    let mut object = file_object(file);
    insert_some(&mut object, "caption", media.caption.as_deref());
    Value::Object(object)
}

pub(super) fn document(media: &Media, file: Option<&FileName>) -> Value {
    let mut object = file_object(file);
    insert_some(&mut object, "caption", media.caption.as_deref());
    insert_some(&mut object, "filename", media.file_name.as_deref());
    Value::Object(object)
}

pub(super) fn audio(media: &Media, file: Option<&FileName>) -> Value {
    let mut object = file_object(file);
    if media.voice {
        object.insert("voice".to_owned(), true.into());
    }
    Value::Object(object)
}

pub(super) fn location(location: &Location) -> Value {
    let mut object = Map::new();
    object.insert("latitude".to_owned(), location.latitude.into());
    object.insert("longitude".to_owned(), location.longitude.into());
    insert_some(&mut object, "name", location.name.as_deref());
    insert_some(&mut object, "address", location.address.as_deref());
    Value::Object(object)
}

pub(super) fn contacts(contacts: &Contacts) -> Value {
    contacts.contacts.iter().map(card).collect()
}

/// Meta wants one more part of the name than the whole; `wa_id` makes a button out of the number, to write to it.
fn card(contact: &ContactCard) -> Value {
    let first = contact.name.split_whitespace().next();
    let digits: String = contact.phone.chars().filter(char::is_ascii_digit).collect();
    let mut card = json!({
        "name": {"formatted_name": contact.name, "first_name": first.unwrap_or(&contact.name)},
        "phones": [{"phone": contact.phone, "type": "CELL", "wa_id": digits}],
    });
    if let Some(organization) = &contact.organization {
        card["org"] = json!({"company": organization});
    }
    if let Some(email) = &contact.email {
        card["emails"] = json!([{"email": email}]);
    }
    card
}
