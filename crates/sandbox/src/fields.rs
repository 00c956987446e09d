//! Fields of a body that passed its checks.

use serde_json::{Map, Value};

use crate::evolution::abridged;
use crate::messages::Kind;

/// The text in a field; empty when there is none.
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

/// The texts in these fields, one a line.
pub(crate) fn lines(body: &Value, names: &[&str]) -> String {
    let lines = names.iter().map(|name| text(body, name));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// The texts in this field of every item.
pub(crate) fn of_each(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item[name].as_str())
        .map(str::to_owned)
        .collect()
}

/// The texts in a list.
pub(crate) fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a field has something in it.
pub(crate) fn is_given(body: &Value, name: &str) -> bool {
    match &body[name] {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

/// What is kept of a body: nothing of a text that has no fields but these.
pub(crate) fn kept(kind: Kind, body: Map<String, Value>, plain: &[&str]) -> Value {
    let is_plain = |name: &String| plain.contains(&name.as_str());
    if kind == Kind::Text && body.keys().all(is_plain) {
        return Value::Null;
    }
    Value::Object(body.into_iter().map(abridged).collect())
}
