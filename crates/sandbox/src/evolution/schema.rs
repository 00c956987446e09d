//! The schemas of the bodies: what Evolution complains about, in its words and its order.

use serde_json::{Map, Value};

/// A body of `sendText` that passed.
pub(super) struct SendText {
    pub(super) number: String,
    pub(super) text: String,
    /// Typing time before the message goes out, served within the request.
    pub(super) delay_ms: u64,
}

/// Checks a body of `sendText`; fields that the schema does not know are ignored.
pub(super) fn send_text(fields: &Map<String, Value>) -> Result<SendText, Vec<String>> {
    let mut complaints = Vec::new();
    let mut expect = |name: &str, good: fn(&Value) -> bool, complaint: &str| {
        if fields.get(name).is_some_and(|value| !good(value)) {
            complaints.push(complaint.to_owned());
        }
    };
    expect("number", Value::is_string, "Invalid format");
    expect("text", Value::is_string, "text is not of type(s) string");
    expect(
        "linkPreview",
        Value::is_boolean,
        "linkPreview is not of type(s) boolean",
    );
    expect("delay", is_integer, "Enter a value in milliseconds");
    expect(
        "everyOne",
        Value::is_boolean,
        "everyOne is not of type(s) boolean",
    );
    complaints.extend(mentioned(fields.get("mentioned")));
    for name in ["number", "text"] {
        if !fields.contains_key(name) {
            complaints.push(format!("requires property \"{name}\""));
        }
    }
    let (Some(number), Some(text), true) = (
        as_text(fields, "number"),
        as_text(fields, "text"),
        complaints.is_empty(),
    ) else {
        return Err(complaints.into_iter().map(with_subject).collect());
    };
    let delay_ms = fields
        .get("delay")
        .and_then(Value::as_f64)
        .map_or(0, |delay| delay as u64);
    Ok(SendText {
        number,
        text,
        delay_ms,
    })
}

/// Checks a body of `whatsappNumbers`.
pub(super) fn numbers(fields: &Map<String, Value>) -> Result<Vec<String>, Vec<String>> {
    let Some(Value::Array(numbers)) = fields.get("numbers") else {
        return Err(vec!["numbers is not of type(s) array".to_owned()]);
    };
    let mut complaints = Vec::new();
    if numbers.is_empty() {
        complaints.push("numbers does not meet minimum length of 1".to_owned());
    }
    if has_duplicates(numbers) {
        complaints.push("numbers contains duplicate item".to_owned());
    }
    let texts: Vec<String> = numbers
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    for _ in texts.len()..numbers.len() {
        complaints.push("\"numbers\" must be an array of numeric strings".to_owned());
    }
    if complaints.is_empty() {
        Ok(texts)
    } else {
        Err(complaints)
    }
}

fn mentioned(value: Option<&Value>) -> Vec<String> {
    let Some(value) = value else {
        return Vec::new();
    };
    let Some(numbers) = value.as_array() else {
        return vec!["mentioned is not of type(s) array".to_owned()];
    };
    let numeric = |number: &Value| {
        number
            .as_str()
            .is_some_and(|text| text.starts_with(|first: char| first.is_ascii_digit()))
    };
    let mut complaints = Vec::new();
    if numbers.is_empty() {
        complaints.push("mentioned does not meet minimum length of 1".to_owned());
    }
    if has_duplicates(numbers) {
        complaints.push("mentioned contains duplicate item".to_owned());
    }
    for _ in numbers.iter().filter(|number| !numeric(number)) {
        complaints.push("\"mentioned\" must be an array of numeric strings".to_owned());
    }
    complaints
}

/// A missing property is a complaint about the whole body, which the validator calls `instance`.
fn with_subject(complaint: String) -> String {
    if complaint.starts_with("requires property") {
        return format!("instance {complaint}");
    }
    complaint
}

fn as_text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().map(str::to_owned)
}

/// In JavaScript 1.0 is an integer too.
fn is_integer(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn has_duplicates(values: &[Value]) -> bool {
    values
        .iter()
        .enumerate()
        .any(|(position, value)| values[..position].contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn complaints(body: Value) -> Vec<String> {
        send_text(body.as_object().unwrap()).err().unwrap()
    }

    #[test]
    fn the_v1_shape_is_refused_for_its_missing_text() {
        let v1 = json!({
            "number": "5511987654321",
            "textMessage": {"text": "oi"},
            "options": {"delay": 1200},
        });
        assert_eq!(complaints(v1), [r#"instance requires property "text""#]);
    }

    #[test]
    fn every_complaint_is_listed() {
        assert_eq!(
            complaints(json!({"number": 5511987654321_u64, "delay": "1s", "mentioned": ["@a"]})),
            [
                "Invalid format",
                "Enter a value in milliseconds",
                "\"mentioned\" must be an array of numeric strings",
                "instance requires property \"text\"",
            ]
        );
        assert_eq!(
            complaints(json!({})),
            [
                r#"instance requires property "number""#,
                r#"instance requires property "text""#
            ]
        );
        assert_eq!(
            complaints(json!({
                "number": "55", "text": null, "linkPreview": 1, "everyOne": "x", "mentioned": []
            })),
            [
                "text is not of type(s) string",
                "linkPreview is not of type(s) boolean",
                "everyOne is not of type(s) boolean",
                "mentioned does not meet minimum length of 1",
            ]
        );
    }

    #[test]
    fn a_good_body_passes_with_fields_nobody_knows() {
        let body = json!({"number": "5511987654321", "text": "oi", "delay": 1200.0, "x": 1});
        let passed = send_text(body.as_object().unwrap()).ok().unwrap();
        assert_eq!(
            (passed.number.as_str(), passed.text.as_str()),
            ("5511987654321", "oi")
        );
        assert_eq!(passed.delay_ms, 1200);
        let negative = json!({"number": "55", "text": "oi", "delay": -5});
        assert_eq!(
            send_text(negative.as_object().unwrap())
                .ok()
                .unwrap()
                .delay_ms,
            0
        );
    }

    #[test]
    fn numbers_are_an_array_of_different_strings() {
        let check = |body: Value| numbers(body.as_object().unwrap());
        assert_eq!(
            check(json!({"numbers": ["55", "56"]})).unwrap(),
            ["55", "56"]
        );
        for (body, complaint) in [
            (json!({"numbers": "55"}), "numbers is not of type(s) array"),
            (
                json!({"numbers": []}),
                "numbers does not meet minimum length of 1",
            ),
            (
                json!({"numbers": ["55", "55"]}),
                "numbers contains duplicate item",
            ),
            (
                json!({"numbers": [55]}),
                "\"numbers\" must be an array of numeric strings",
            ),
        ] {
            assert_eq!(check(body).unwrap_err(), [complaint]);
        }
    }
}
