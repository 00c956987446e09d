//! Messages of conversations: kept once, however often they are told.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use serde_json::Value;
use zapgres_core::phone::{self, PhoneNumber};
use zapgres_core::recipient::Recipient;
use zapgres_providers::InboundMessage;

use crate::run::daemon::KnownDatabase;
use crate::run::encoding::storable_json;
use crate::run::statement;

const OWN_NUMBERS: &str = "-- own_numbers
select h.connected_number from zap.channel_health as h where h.connected_number is not null";

/// In one order, so that two batches do not wait for each other.
const KEEP: &str = "-- keep
insert into zap.message_history (
    tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, author_kind, author, name, kind, text, content,
    quotes, is_own, at
)
select m.*
from unnest(
    $1::text [], $2::bigint [], $3::text [], $4::text [], $5::text [], $6::text [], $7::text [], $8::text [], $9::text [],
    $10::text [], $11::text [], $12::jsonb [], $13::text [], $14::boolean [], $15::timestamptz []
) as m (
    tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, author_kind, author, name, kind, text, content,
    quotes, is_own, at
)
order by m.channel_id, m.provider_message_id
on conflict (channel_id, provider_message_id) do nothing";

/// Nobody wrote on WhatsApp before 2009. Earlier times are none, and the server takes not even all of them.
const FIRST_MESSAGE: DateTime<Utc> = DateTime::from_timestamp_nanos(1_230_768_000_000_000_000);

/// A message, and whose it is.
pub(super) struct Received {
    pub channel_id: i64,
    pub tenant_id: String,
    pub message: Box<InboundMessage>,
}

/// Keeps these messages. `now` is the latest time that anybody can have written at.
pub(super) async fn keep(
    client: &impl GenericClient,
    received: Vec<Received>,
    database: &KnownDatabase,
    now: DateTime<Utc>,
) -> Result<(), tokio_postgres::Error> {
    if received.is_empty() {
        return Ok(());
    }
    let own = own_numbers(client).await?;
    let mut columns = Columns::default();
    for one in received {
        columns.add(one, &own, database, now);
    }
    columns.write(client).await
}

/// Numbers of our channels. Normalised, they have their ninth digit, whether WhatsApp knows them with it or not.
async fn own_numbers(
    client: &impl GenericClient,
) -> Result<HashSet<PhoneNumber>, tokio_postgres::Error> {
    let rows = statement::rows(client, OWN_NUMBERS, &[]).await?;
    let mut numbers = HashSet::new();
    for row in rows {
        let digits: String = row.try_get(0)?;
        numbers.extend(phone::normalize(&format!("+{digits}"), None));
    }
    Ok(numbers)
}

/// Whether we wrote it ourselves, with this number or with that of another channel: two of our own would talk for ever.
fn is_own(message: &InboundMessage, own: &HashSet<PhoneNumber>) -> bool {
    let sender = message.author.as_ref().unwrap_or(&message.chat);
    let mut names = std::iter::once(sender).chain(&message.aliases);
    message.from_me || names.any(|name| name.phone().is_some_and(|number| own.contains(number)))
}

/// Messages as the statement takes them.
#[derive(Default)]
struct Columns {
    tenant_id: Vec<String>,
    channel_id: Vec<i64>,
    direction: Vec<&'static str>,
    provider_message_id: Vec<String>,
    chat_kind: Vec<&'static str>,
    chat: Vec<String>,
    author_kind: Vec<Option<&'static str>>,
    author: Vec<Option<String>>,
    name: Vec<Option<String>>,
    kind: Vec<String>,
    text: Vec<Option<String>>,
    content: Vec<Option<Value>>,
    quotes: Vec<Option<String>>,
    is_own: Vec<bool>,
    at: Vec<DateTime<Utc>>,
}

impl Columns {
    fn add(
        &mut self,
        received: Received,
        own: &HashSet<PhoneNumber>,
        database: &KnownDatabase,
        now: DateTime<Utc>,
    ) {
        let message = *received.message;
        let text = |text: &str| database.storable(text);
        self.is_own.push(is_own(&message, own));
        self.tenant_id.push(received.tenant_id);
        self.channel_id.push(received.channel_id);
        self.direction
            .push(if message.from_me { "out" } else { "in" });
        self.provider_message_id
            .push(text(&message.provider_message_id));
        self.chat_kind.push(message.chat.kind());
        self.chat.push(message.chat.address().to_owned());
        let author = message.author.as_ref();
        self.author_kind.push(author.map(Recipient::kind));
        self.author
            .push(author.map(|author| author.address().to_owned()));
        self.name.push(message.name.as_deref().map(text));
        self.kind.push(text(&message.kind));
        self.text.push(message.text.as_deref().map(text));
        let content = Some(message.content).filter(|content| !content.is_null());
        self.content
            .push(content.map(|content| storable_json(content, database.western_only)));
        self.quotes.push(message.quotes.as_deref().map(text));
        let at = message.at.filter(|at| *at >= FIRST_MESSAGE);
        self.at.push(at.unwrap_or(now).min(now));
    }

    async fn write(&self, client: &impl GenericClient) -> Result<(), tokio_postgres::Error> {
        statement::execute(
            client,
            KEEP,
            &[
                &self.tenant_id,
                &self.channel_id,
                &self.direction,
                &self.provider_message_id,
                &self.chat_kind,
                &self.chat,
                &self.author_kind,
                &self.author,
                &self.name,
                &self.kind,
                &self.text,
                &self.content,
                &self.quotes,
                &self.is_own,
                &self.at,
            ],
        )
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(chat: &str) -> InboundMessage {
        InboundMessage {
            provider_message_id: "A1".to_owned(),
            chat: Recipient::parse("phone", chat).unwrap(),
            aliases: Vec::new(),
            author: None,
            name: None,
            from_me: false,
            at: None,
            kind: "text".to_owned(),
            text: None,
            quotes: None,
            content: Value::Null,
        }
    }

    fn own() -> HashSet<PhoneNumber> {
        HashSet::from([phone::normalize("+551187654321", None).unwrap()])
    }

    /// T8: also where WhatsApp knows one of the two without its ninth digit.
    #[test]
    fn a_message_of_our_own_number_is_our_own() {
        assert!(is_own(&message("+5511987654321"), &own()));
        assert!(is_own(&message("551187654321@s.whatsapp.net"), &own()));
        assert!(!is_own(&message("+5511987654322"), &own()));
    }

    /// T8: in a group, it is the author who counts; elsewhere, the number may be known by another name.
    #[test]
    fn it_is_the_sender_who_counts() {
        let in_group = InboundMessage {
            chat: Recipient::parse("group", "120363025246125486").unwrap(),
            author: Some(Recipient::parse("phone", "+5511987654321").unwrap()),
            ..message("+5511987654322")
        };
        assert!(is_own(&in_group, &own()));
        let by_lid = InboundMessage {
            chat: Recipient::parse("lid", "123456789012345").unwrap(),
            aliases: vec![Recipient::parse("phone", "+5511987654321").unwrap()],
            ..message("+5511987654322")
        };
        assert!(is_own(&by_lid, &own()));
        let from_phone = InboundMessage {
            from_me: true,
            ..message("+5511987654322")
        };
        assert!(is_own(&from_phone, &own()));
    }
}
