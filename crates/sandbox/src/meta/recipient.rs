//! Whom a message is for.

use serde_json::{Map, Value};

use super::error::{Code, Refusal};
use crate::evolution::{address_of, can_exist, digits_of};

/// Whom a message is for.
pub(super) struct Recipient {
    /// As it was given.
    pub(super) input: String,
    /// The account's address: of its number, or its id.
    pub(super) address: String,
    pub(super) has_number: bool,
}

impl Recipient {
    /// The number, or else the id. A number without a country code gets the company's own.
    pub(super) fn of(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        if let Some(input) = text("to").filter(|to| !to.is_empty()) {
            let digits = digits_of(input);
            let digits = match digits.len() {
                10 | 11 if !input.starts_with('+') => format!("55{digits}"),
                _ => digits,
            };
            return Ok(Self {
                input: input.to_owned(),
                address: address_of(&digits),
                has_number: true,
            });
        }
        let Some(input) = text("recipient") else {
            let details = "The parameter to is required.";
            return Err(Refusal::of_body(Code::InvalidParameter, details));
        };
        Ok(Self {
            input: input.to_owned(),
            address: input.to_owned(),
            has_number: false,
        })
    }

    /// What the message is listed under.
    pub(super) fn name(&self) -> String {
        if self.has_number {
            digits_of(&self.input)
        } else {
            self.input.clone()
        }
    }

    /// Whether anybody could be there. Ids begin with a country's two letters.
    pub(super) fn exists(&self) -> bool {
        if self.has_number {
            return can_exist(&self.address);
        }
        let country = self.input.split_once('.').map(|(country, _)| country);
        country.is_some_and(|country| country.len() == 2)
    }
}
