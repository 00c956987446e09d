//! The bodies of Meta's webhook requests.

use serde_json::{Map, Value, json};

use super::error::webhook_error;
use crate::evolution::{address_of, digits_of, stable_id};
use crate::inbound::Inbound;
use crate::messages::{Failure, Kind, Message};
use crate::provider::{Post, Source};
use crate::webhooks::{Event, Receipt};

/// The requests that tell of these events: one each, or one for all where they are batched. An
/// accepted message and a connection are not told of.
pub(super) fn posts(source: &Source<'_>, events: &[Event]) -> Vec<Post> {
    let mut news = News::default();
    let mut posts = Vec::new();
    for event in events {
        news.add(source, event);
        if !source.webhook.batch {
            posts.extend(std::mem::take(&mut news).post(source));
        }
    }
    posts.extend(news.post(source));
    posts
}

/// What one request tells.
#[derive(Default)]
struct News {
    statuses: Vec<Value>,
    /// Of whom the statuses or the messages are, one each: events of both kinds never come together.
    contacts: Vec<Value>,
    messages: Vec<Value>,
    /// What somebody wrote on the company's own phone.
    echoes: Vec<Value>,
}

impl News {
    fn add(&mut self, source: &Source<'_>, event: &Event) {
        match event {
            Event::Receipt(message, receipt) => {
                self.contacts.push(recipient(message));
                self.statuses
                    .push(receipt_status(source, message, *receipt));
            }
            Event::Failed(message, failure) => {
                self.contacts.push(recipient(message));
                self.statuses.push(failed_status(source, message, *failure));
            }
            Event::Inbound(inbound) if inbound.from_me => {
                self.echoes.push(echo(source, inbound));
            }
            Event::Inbound(inbound) => {
                self.contacts.push(contact(inbound));
                self.messages.push(inbound_message(source, inbound));
            }
            Event::Sent(_) | Event::Connection(_) | Event::Code(_) => {}
        }
    }

    fn post(self, source: &Source<'_>) -> Option<Post> {
        let mut changes = Vec::new();
        let mut change = |field: &str, value| changes.push(wrapped(source, field, value));
        if !self.statuses.is_empty() {
            let value = json!({"contacts": self.contacts, "statuses": self.statuses});
            change("messages", value);
        }
        if !self.messages.is_empty() {
            let value = json!({"contacts": self.contacts, "messages": self.messages});
            change("messages", value);
        }
        if !self.echoes.is_empty() {
            change("smb_message_echoes", json!({"message_echoes": self.echoes}));
        }
        if changes.is_empty() {
            return None;
        }
        Some(Post {
            event: "messages",
            body: json!({
                "object": "whatsapp_business_account",
                "entry": [{"id": format!("2{}", source.instance), "changes": changes}],
            }),
        })
    }
}

/// A change of one field, about one phone number.
fn wrapped(source: &Source<'_>, field: &str, mut value: Value) -> Value {
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({
        "display_phone_number": display_number(source.instance),
        "phone_number_id": source.instance,
    });
    json!({"field": field, "value": value})
}

/// The company's number, as it is displayed, without signs.
pub(super) fn display_number(phone_number_id: &str) -> String {
    let mut digits = phone_number_id.to_owned();
    digits.insert_str(0, "00000000");
    format!("55119{}", &digits[digits.len() - 8..])
}

fn receipt_status(source: &Source<'_>, message: &Message, receipt: Receipt) -> Value {
    let name = match receipt {
        Receipt::Sent => "sent",
        Receipt::Delivered => "delivered",
        Receipt::Read => "read",
    };
    let mut status = status(source, message, name);
    if receipt != Receipt::Read {
        let is_template = message.kind == Kind::Template;
        let pricing = json!({
            "billable": is_template,
            "pricing_model": "PMP",
            "category": if is_template { "utility" } else { "service" },
            "type": if is_template { "regular" } else { "free_customer_service" },
        });
        status.insert("pricing".to_owned(), pricing);
    }
    status.into()
}

fn failed_status(source: &Source<'_>, message: &Message, failure: Failure) -> Value {
    let mut status = status(source, message, "failed");
    let title = "Message failed to send";
    status.insert(
        "errors".to_owned(),
        json!([webhook_error(failure.code, title, title)]),
    );
    status.into()
}

fn status(source: &Source<'_>, message: &Message, name: &str) -> Map<String, Value> {
    let mut status = Map::new();
    let mut put = |name: &str, value: &str| status.insert(name.to_owned(), value.into());
    put("id", &message.id);
    put("status", name);
    put("timestamp", &source.now.timestamp().to_string());
    let (wa_id, user_id) = account(message);
    if let Some(wa_id) = wa_id {
        put("recipient_id", wa_id);
    }
    put("recipient_user_id", &user_id);
    if let Some(reference) = &message.reference {
        put("biz_opaque_callback_data", reference);
    }
    status
}

/// The number and the id of the account that a message went to. One reached by its id has no number.
fn account(message: &Message) -> (Option<&str>, String) {
    match message.address.split_once('@') {
        Some((wa_id, _)) => (Some(wa_id), user_id(&message.address)),
        None => (None, message.address.clone()),
    }
}

fn recipient(message: &Message) -> Value {
    let (wa_id, user_id) = account(message);
    let mut contact = json!({"user_id": user_id});
    if let Some(wa_id) = wa_id {
        contact["wa_id"] = wa_id.into();
    }
    contact
}

/// The id of the account at an address: its country, and digits that say nothing.
pub(super) fn user_id(address: &str) -> String {
    let country = if address.starts_with("55") {
        "BR"
    } else {
        "US"
    };
    let (digits, _) = stable_id(address).as_u64_pair();
    format!("{country}.{:016}", digits % 10_000_000_000_000_000)
}

fn wa_id(inbound: &Inbound) -> Option<String> {
    (!inbound.from.is_empty()).then(|| digits_of(&address_of(&inbound.from)))
}

fn contact(inbound: &Inbound) -> Value {
    let mut contact = json!({"profile": {"name": inbound.name}});
    if let Some(wa_id) = wa_id(inbound) {
        contact["wa_id"] = wa_id.into();
    }
    if let Some(alias) = &inbound.alias {
        contact["user_id"] = alias.clone().into();
    }
    contact
}

fn inbound_message(source: &Source<'_>, inbound: &Inbound) -> Value {
    let mut message = content(source, inbound);
    if let Some(wa_id) = wa_id(inbound) {
        message["from"] = wa_id.into();
    }
    if let Some(alias) = &inbound.alias {
        message["from_user_id"] = alias.clone().into();
    }
    message
}

fn echo(source: &Source<'_>, inbound: &Inbound) -> Value {
    let mut message = content(source, inbound);
    message["from"] = display_number(source.instance).into();
    if let Some(wa_id) = wa_id(inbound) {
        message["to"] = wa_id.into();
    }
    if let Some(alias) = &inbound.alias {
        message["to_user_id"] = alias.clone().into();
    }
    message
}

/// The message that it answers. What was chosen always was chosen in one.
fn answered(inbound: &Inbound) -> Option<String> {
    let is_choice = ["button_reply", "list_reply", "button"].contains(&inbound.kind.as_str());
    let unnamed = || is_choice.then(|| format!("{}.ANSWERED", inbound.id));
    inbound.quotes.clone().or_else(unnamed)
}

/// A message without those who wrote and got it.
fn content(source: &Source<'_>, inbound: &Inbound) -> Value {
    let mut message = json!({
        "id": inbound.id,
        "timestamp": source.now.timestamp().to_string(),
    });
    if let Some(quoted) = answered(inbound) {
        message["context"] = json!({"from": display_number(source.instance), "id": quoted});
    }
    let (kind, content) = match inbound.kind.as_str() {
        "text" => ("text", json!({"body": inbound.text})),
        reply @ ("button_reply" | "list_reply") => (
            "interactive",
            json!({"type": reply, reply: inbound.content}),
        ),
        kind => (kind, inbound.content.clone()),
    };
    message["type"] = kind.into();
    message[kind] = content;
    message
}
