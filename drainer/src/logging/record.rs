//! What an event says, with everything that could be a phone number masked.

use std::fmt;

use serde_json::Value;
use tracing::Event;
use tracing::field::{Field, Visit};
use zapgres_core::phone::mask;

/// The message and the fields of an event. Texts are masked; numbers are ids, counts and durations, and are not.
#[derive(Debug, Default)]
pub struct Record {
    /// The sentence.
    pub message: String,
    /// The fields, in their order.
    pub fields: Vec<(String, Value)>,
}

impl Record {
    /// Reads `event`.
    pub fn of(event: &Event<'_>) -> Self {
        let mut record = Self::default();
        event.record(&mut record);
        record
    }

    fn insert(&mut self, field: &Field, value: Value) {
        // Records of the `log` crate carry their origin along; the target says it.
        if !field.name().starts_with("log.") {
            self.fields.push((field.name().to_owned(), value));
        }
    }
}

/// The sentence, then the fields: `sent channel=loja1 duration_ms=212`.
impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message.replace('\n', " "))?;
        for (name, value) in &self.fields {
            match value.as_str().filter(|text| is_one_word(text)) {
                Some(word) => write!(formatter, " {name}={word}")?,
                None => write!(formatter, " {name}={value}")?,
            }
        }
        Ok(())
    }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "\"=".contains(c))
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = mask(value);
        } else {
            self.insert(field, mask(value).into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value.into());
    }
}
