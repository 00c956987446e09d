//! What an event is about, as text, and the key that makes a notification unique.

/// One column of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectPart<'a> {
    /// smallint, integer or bigint.
    Integer(i64),
    /// Any other type, as PostgreSQL prints it.
    Text(&'a str),
}

/// The subject made of a key's columns: a single one as it is, several as a compact JSON array such
/// as `[7,"A1"]`. Different keys of the same columns give different subjects.
#[must_use]
pub fn composite(parts: &[SubjectPart<'_>]) -> String {
    if let [part] = parts {
        return match part {
            SubjectPart::Integer(number) => number.to_string(),
            SubjectPart::Text(text) => (*text).to_owned(),
        };
    }
    let array: Vec<serde_json::Value> = parts
        .iter()
        .map(|part| match part {
            SubjectPart::Integer(number) => (*number).into(),
            SubjectPart::Text(text) => (*text).into(),
        })
        .collect();
    serde_json::Value::Array(array).to_string()
}

/// The key that is unique within a source: `event:subject`.
#[must_use]
pub fn dedup_key(event: &str, subject: &str) -> String {
    format!("{event}:{subject}")
}
