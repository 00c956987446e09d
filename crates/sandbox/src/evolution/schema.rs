//! A small checker of JSON schemas that complains in the words and the order of Evolution's.

use serde_json::{Map, Value};

/// What a value must be.
pub(super) enum Rule {
    /// A string.
    Text,
    /// A string of at least so many characters.
    LongText(usize),
    /// A string that begins with a digit.
    Digits,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// Any number.
    Number,
    /// A whole number between these.
    Integer(i64, i64),
    /// A list.
    List(&'static List),
    /// An object.
    Object(&'static Object),
}

/// What a list must be.
pub(super) struct List {
    pub(super) shortest: usize,
    pub(super) longest: usize,
    pub(super) item: Field,
}

/// What an object must be. Fields that nobody knows are ignored.
pub(super) struct Object {
    pub(super) fields: &'static [Field],
    pub(super) required: &'static [&'static str],
    /// Fields that may not be empty, when the object has no others.
    pub(super) not_empty: &'static [&'static str],
}

/// A field of an object. A description stands in for any complaint about the value itself.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) rule: Rule,
    pub(super) description: Option<&'static str>,
}

impl Field {
    /// A field without a description.
    pub(super) const fn new(name: &'static str, rule: Rule) -> Self {
        Self {
            name,
            rule,
            description: None,
        }
    }

    /// A field whose complaints are this text.
    pub(super) const fn described(
        name: &'static str,
        rule: Rule,
        description: &'static str,
    ) -> Self {
        Self {
            name,
            rule,
            description: Some(description),
        }
    }
}

/// The complaints about a body.
#[derive(Default)]
pub(super) struct Complaints(Vec<String>);

impl Complaints {
    /// What was found, when anything was.
    pub(super) fn end(self) -> Result<(), Vec<String>> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.0)
        }
    }

    /// Checks these fields of a body, as far as it has them.
    pub(super) fn fields(&mut self, fields: &[Field], body: &Map<String, Value>) {
        self.fields_below("", fields, body);
    }

    /// Misses these fields of a body. The validator calls the whole body `instance`.
    pub(super) fn required(&mut self, required: &[&str], body: &Map<String, Value>) {
        self.required_below("instance", required, body);
    }

    fn fields_below(&mut self, path: &str, fields: &[Field], object: &Map<String, Value>) {
        for field in fields {
            if let Some(value) = object.get(field.name) {
                let path = match path {
                    "" => field.name.to_owned(),
                    _ => format!("{path}.{}", field.name),
                };
                self.value(&path, field, value);
            }
        }
    }

    fn required_below(&mut self, path: &str, required: &[&str], object: &Map<String, Value>) {
        for name in required.iter().filter(|name| !object.contains_key(**name)) {
            self.0.push(format!("{path} requires property \"{name}\""));
        }
    }

    fn value(&mut self, path: &str, field: &Field, value: &Value) {
        match (&field.rule, value) {
            (Rule::List(list), Value::Array(items)) => self.list(path, list, items),
            (Rule::Object(wanted), Value::Object(object)) => self.object(path, wanted, object),
            (rule, value) => {
                if let Some(complaint) = complaint(rule, value) {
                    let text = format!("{path} {complaint}");
                    self.0.push(field.description.map_or(text, str::to_owned));
                }
            }
        }
    }

    fn list(&mut self, path: &str, list: &List, items: &[Value]) {
        if items.len() < list.shortest {
            let shortest = list.shortest;
            self.0
                .push(format!("{path} does not meet minimum length of {shortest}"));
        }
        if items.len() > list.longest {
            let longest = list.longest;
            self.0
                .push(format!("{path} does not meet maximum length of {longest}"));
        }
        if has_duplicates(items) {
            self.0.push(format!("{path} contains duplicate item"));
        }
        for (position, item) in items.iter().enumerate() {
            self.value(&format!("{path}[{position}]"), &list.item, item);
        }
    }

    fn object(&mut self, path: &str, wanted: &Object, object: &Map<String, Value>) {
        self.fields_below(path, wanted.fields, object);
        self.required_below(path, wanted.required, object);
        let watched = object
            .keys()
            .all(|name| wanted.not_empty.contains(&name.as_str()));
        if !watched {
            return;
        }
        for (name, value) in object {
            if value.as_str() == Some("") {
                self.0.push(format!("The \"{name}\" cannot be empty"));
            }
        }
    }
}

/// What is wrong with a value, without its name.
fn complaint(rule: &Rule, value: &Value) -> Option<String> {
    let (good, expected) = match rule {
        Rule::Text | Rule::LongText(_) | Rule::Digits | Rule::OneOf(_) => {
            (value.is_string(), "string")
        }
        Rule::Flag => (value.is_boolean(), "boolean"),
        Rule::Number => (value.is_number(), "number"),
        // In JavaScript 1.0 is an integer too.
        Rule::Integer(..) => (
            value.as_f64().is_some_and(|number| number.fract() == 0.0),
            "integer",
        ),
        Rule::List(_) => (value.is_array(), "array"),
        Rule::Object(_) => (value.is_object(), "object"),
    };
    if !good {
        return Some(format!("is not of type(s) {expected}"));
    }
    let text = value.as_str().unwrap_or_default();
    match rule {
        Rule::LongText(shortest) if text.chars().count() < *shortest => {
            Some(format!("does not meet minimum length of {shortest}"))
        }
        Rule::Digits if !text.starts_with(|first: char| first.is_ascii_digit()) => {
            Some("does not match pattern \"^\\\\d+\"".to_owned())
        }
        Rule::OneOf(known) if !known.contains(&text) => {
            Some(format!("is not one of enum values: {}", known.join(",")))
        }
        Rule::Integer(least, most) => out_of_range(value, *least, *most),
        _ => None,
    }
}

fn out_of_range(value: &Value, least: i64, most: i64) -> Option<String> {
    let number = value.as_f64().unwrap_or_default();
    if number < least as f64 {
        return Some(format!("must be greater than or equal to {least}"));
    }
    (number > most as f64).then(|| format!("must be less than or equal to {most}"))
}

fn has_duplicates(values: &[Value]) -> bool {
    values
        .iter()
        .enumerate()
        .any(|(position, value)| values[..position].contains(value))
}
