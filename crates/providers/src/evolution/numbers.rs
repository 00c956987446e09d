//! Which numbers are on WhatsApp (`POST /chat/whatsappNumbers/{instance}`).

use serde::Deserialize;
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::phone::{self, PhoneNumber};

use super::answer;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::Lookup;

/// Some thousand numbers.
pub(super) const ANSWER_CAP_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
struct Entry {
    exists: bool,
    jid: Option<String>,
    number: Option<String>,
    lid: Option<String>,
}

/// The body of the question.
pub(super) fn question(numbers: &[PhoneNumber]) -> Value {
    let digits: Vec<&str> = numbers.iter().map(PhoneNumber::digits).collect();
    json!({ "numbers": digits })
}

/// One answer for each number. The server's order is its own, and it leaves out numbers that it could not look up.
pub(super) fn judge(
    answer: &Answer,
    numbers: &[PhoneNumber],
    channel: &ChannelAddress,
) -> Result<Vec<Lookup>, SendError> {
    let told = answer::told(answer, channel)?;
    let Value::Array(told) = told else {
        let detail = "the answer does not tell which numbers exist";
        return Err(answer.error(ErrorClass::Transient, detail, channel));
    };
    let entries: Vec<Entry> = told
        .into_iter()
        .filter_map(|entry| serde_json::from_value(entry).ok())
        .collect();
    Ok(numbers
        .iter()
        .map(|number| lookup(&entries, number))
        .collect())
}

/// A number may have several entries, with the ninth digit and without: one that exists counts.
fn lookup(entries: &[Entry], number: &PhoneNumber) -> Lookup {
    let mut about_it = entries.iter().filter(|entry| entry.is_about(number));
    let found = about_it.clone().find_map(Entry::address);
    match found {
        Some(found) => found,
        None if about_it.any(|entry| !entry.exists) => Lookup::Absent,
        None => Lookup::CannotTell,
    }
}

impl Entry {
    fn is_about(&self, number: &PhoneNumber) -> bool {
        [&self.number, &self.jid]
            .into_iter()
            .flatten()
            .any(|text| canonical(text).as_ref() == Some(number))
    }

    fn address(&self) -> Option<Lookup> {
        let address = self
            .jid
            .clone()
            .filter(|jid| self.exists && jid.contains('@'))?;
        // Some versions only say here that the address is a hidden id: `"lid"`.
        let aliases = self.lid.iter().filter(|lid| lid.ends_with("@lid"));
        let aliases = aliases.filter(|lid| **lid != address).cloned().collect();
        Some(Lookup::Exists { address, aliases })
    }
}

/// The number with its ninth digit, however it is written here.
fn canonical(text: &str) -> Option<PhoneNumber> {
    if text.contains('@') {
        return phone::normalize(text, None).ok();
    }
    let digits = text.trim_start_matches('+');
    phone::normalize(&format!("+{digits}"), None).ok()
}
