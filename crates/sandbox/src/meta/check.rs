//! Checks of single parameters, with Meta's complaints.

use reqwest::Url;
use serde_json::{Map, Value};

use super::error::{Code, Refusal};

/// An object in a body, and the name that complaints give it.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    fields: &'a Map<String, Value>,
}

impl<'a> Part<'a> {
    /// The object under a name.
    pub(super) fn of(parent: &'a Map<String, Value>, name: &'a str) -> Result<Self, Refusal> {
        match parent.get(name) {
            Some(Value::Object(fields)) => Ok(Self { name, fields }),
            Some(_) => Err(Refusal::of_body(
                Code::InvalidParameter,
                format!("Param {name} must be a JSON object."),
            )),
            None => Err(missing(name)),
        }
    }

    /// An item of a list, which complaints call like the list.
    pub(super) fn item(value: &'a Value, name: &'a str) -> Result<Self, Refusal> {
        let fields = value.as_object().ok_or_else(|| {
            let details = format!("Param {name} must be a list of JSON objects.");
            Refusal::of_body(Code::InvalidParameter, details)
        })?;
        Ok(Self { name, fields })
    }

    /// The object under a name of this one.
    pub(super) fn part(&self, name: &'a str) -> Result<Part<'a>, Refusal> {
        Part::of(self.fields, name)
    }

    /// The value under a name, if any.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name)
    }

    /// The text under a name, if any.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// The items under a name; none when there are none.
    pub(super) fn list(&self, name: &str) -> &'a [Value] {
        let items = self.get(name).and_then(Value::as_array);
        items.map_or(&[], Vec::as_slice)
    }

    /// Refuses every name but these.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self
            .fields
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(unknown) => Err(Refusal::of_body(
                Code::InvalidParameter,
                format!("Unexpected key \"{unknown}\" on param \"{}\".", self.name),
            )),
        }
    }

    /// The text that must be there, not empty and at most so long.
    pub(super) fn required_text(&self, name: &str, longest: usize) -> Result<&'a str, Refusal> {
        match self.optional_text(name, longest)? {
            Some("") | None => Err(missing(&format!("{}['{name}']", self.name))),
            Some(text) => Ok(text),
        }
    }

    /// The text under a name, at most so long.
    pub(super) fn optional_text(
        &self,
        name: &str,
        longest: usize,
    ) -> Result<Option<&'a str>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let param = format!("{}['{name}']", self.name);
        let text = value.as_str().ok_or_else(|| {
            let details = format!("Param {param} must be a string.");
            Refusal::of_body(Code::InvalidParameter, details)
        })?;
        if text.chars().count() <= longest {
            return Ok(Some(text));
        }
        let details = format!("Param {param} must be at most {longest} characters long.");
        Err(Refusal::of_body(Code::InvalidParameter, details))
    }

    /// The address that must be there.
    pub(super) fn required_url(&self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.required_text(name, usize::MAX)?;
        if Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Ok(text);
        }
        let details = format!("Param {}['{name}'] is not a valid URI.", self.name);
        Err(Refusal::of_body(Code::InvalidParameter, details))
    }
}

/// A parameter that is not there.
pub(super) fn missing(name: &str) -> Refusal {
    let details = format!("Required parameter {name} is missing");
    Refusal::of_body(Code::MissingParameter, details)
}

/// A value that is not taken.
pub(super) fn invalid(details: impl Into<String>) -> Refusal {
    Refusal::of_body(Code::InvalidValue, details)
}
