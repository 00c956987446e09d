//! The operations below `/message/`: the body that each takes, in v2 and in v1.
//!
//! Outside facts: the schemas of EvolutionAPI/evolution-api, tags 2.3.6 and 1.8.2. v1 takes the
//! same fields nested under a name of the operation's, and what all operations share in `options`.

mod table;

use serde_json::{Map, Value};

use self::table::{COMMON, CONTACTS, NUMBER, OPERATIONS, V1_BUTTONS, V1_STICKER};
use super::schema::{Complaints, Field, Object, Rule};
use crate::messages::Kind;

/// One operation.
pub(super) struct Operation {
    pub(super) name: &'static str,
    /// The object that v1 nests the fields in; operations that v1 lacks have none.
    nest: Option<&'static str>,
    /// Whether the body says whom it is for in `number`.
    pub(super) has_number: bool,
    own: Object,
    /// What the message is, when its fields do not say otherwise.
    pub(super) kind: Kind,
}

/// The operation of this name.
pub(super) fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

impl Operation {
    /// Whether v1 has it.
    pub(super) fn is_in_v1(&self) -> bool {
        self.nest.is_some()
    }

    /// Checks a body as v2 does.
    pub(super) fn check_v2(&self, body: &Map<String, Value>) -> Result<(), Vec<String>> {
        let mut complaints = Complaints::default();
        complaints.fields(NUMBER, body);
        complaints.fields(self.own.fields, body);
        complaints.fields(COMMON, body);
        if self.has_number {
            complaints.required(&["number"], body);
        }
        complaints.required(self.own.required, body);
        complaints.end()
    }

    /// Checks a body as v1 does.
    pub(super) fn check_v1(&'static self, body: &Map<String, Value>) -> Result<(), Vec<String>> {
        let mut complaints = Complaints::default();
        let nest = self.nest.unwrap_or_default();
        let rule = match nest {
            "contactMessage" => Rule::List(&CONTACTS),
            "stickerMessage" => Rule::Object(&V1_STICKER),
            "buttonMessage" => Rule::Object(&V1_BUTTONS),
            _ => Rule::Object(&self.own),
        };
        complaints.fields(NUMBER, body);
        complaints.fields(&[Field::new(nest, rule)], body);
        if self.has_number {
            complaints.required(&["number"], body);
        }
        complaints.required(&[nest], body);
        complaints.end()
    }
}

/// The fields of a v1 body as v2 has them, all on one level; a v2 body as it is.
pub(super) fn flattened(body: &Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in body {
        match (name.as_str(), value) {
            ("contactMessage", Value::Array(_)) => {
                flat.insert("contact".to_owned(), value.clone());
            }
            (name, Value::Object(nested)) if name == "options" || name.ends_with("Message") => {
                flat.extend(nested.clone());
            }
            (name, value) => {
                flat.insert(name.to_owned(), value.clone());
            }
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn complaints(name: &str, body: Value) -> Vec<String> {
        let checked = operation(name).unwrap().check_v2(body.as_object().unwrap());
        checked.err().unwrap_or_default()
    }

    #[test]
    fn every_complaint_about_a_text_is_listed() {
        let body = json!({"number": 5511987654321_u64, "delay": "1s", "mentioned": ["@a"]});
        assert_eq!(
            complaints("sendText", body),
            [
                "Invalid format",
                "Enter a value in milliseconds",
                "\"mentioned\" must be an array of numeric strings",
                "instance requires property \"text\"",
            ]
        );
        assert_eq!(
            complaints("sendText", json!({})),
            [
                r#"instance requires property "number""#,
                r#"instance requires property "text""#
            ]
        );
        let body = json!({
            "number": "55", "text": null, "linkPreview": 1, "everyOne": "x", "mentioned": [],
            "quoted": {"key": {}},
        });
        assert_eq!(
            complaints("sendText", body),
            [
                "text is not of type(s) string",
                "linkPreview is not of type(s) boolean",
                "quoted.key requires property \"id\"",
                "everyOne is not of type(s) boolean",
                "mentioned does not meet minimum length of 1",
            ]
        );
    }

    #[test]
    fn fields_that_nobody_knows_are_ignored() {
        let body = json!({"number": "5511987654321", "text": "oi", "delay": 1200.0, "x": 1});
        assert!(complaints("sendText", body).is_empty());
    }

    /// What each operation needs, and the limits of what it takes.
    #[test]
    fn each_operation_complains_about_its_own_fields() {
        for (name, body, complaint) in [
            (
                "sendMedia",
                json!({"mediatype": "gif"}),
                "mediatype is not one of enum values: image,document,video,audio",
            ),
            (
                "sendLocation",
                json!({"latitude": "x"}),
                "latitude is not of type(s) number",
            ),
            (
                "sendContact",
                json!({"contact": [{"fullName": "Ana", "phoneNumber": "55119"}]}),
                "contact[0].phoneNumber does not meet minimum length of 10",
            ),
            (
                "sendReaction",
                json!({"key": {"id": "a"}}),
                "key requires property \"remoteJid\"",
            ),
            (
                "sendPoll",
                json!({"selectableCount": 11}),
                "selectableCount must be less than or equal to 10",
            ),
            (
                "sendPoll",
                json!({"values": ["a"]}),
                "values does not meet minimum length of 2",
            ),
            (
                "sendPoll",
                json!({"values": ["a", "a"]}),
                "values contains duplicate item",
            ),
            (
                "sendList",
                json!({"sections": [{"title": "a", "rows": [{"title": "", "rowId": "1"}]}]}),
                "The \"title\" cannot be empty",
            ),
            (
                "sendList",
                json!({"sections": [{"title": "a"}]}),
                "sections[0] requires property \"rows\"",
            ),
            (
                "sendButtons",
                json!({"buttons": [{"type": "link"}]}),
                "buttons[0].type is not one of enum values: reply,copy,url,call,pix",
            ),
            (
                "sendStatus",
                json!({"type": "text", "font": 6}),
                "font must be less than or equal to 5",
            ),
            (
                "sendTemplate",
                json!({}),
                "instance requires property \"language\"",
            ),
        ] {
            let found = complaints(name, body);
            assert!(
                found.iter().any(|one| one == complaint),
                "{name}: {found:?}"
            );
        }
    }

    #[test]
    fn v1_wants_its_fields_nested_and_v2_does_not() {
        let v1 = json!({
            "number": "5511987654321",
            "textMessage": {"text": "oi"},
            "options": {"delay": 1200},
        });
        assert_eq!(
            complaints("sendText", v1.clone()),
            [r#"instance requires property "text""#]
        );
        let text = operation("sendText").unwrap();
        let v1 = v1.as_object().unwrap();
        assert!(text.check_v1(v1).is_ok());
        let flat = json!({"number": "5511987654321", "text": "oi", "delay": 1200});
        assert_eq!(flattened(v1), *flat.as_object().unwrap());
        assert_eq!(
            text.check_v1(flat.as_object().unwrap()).unwrap_err(),
            [r#"instance requires property "textMessage""#]
        );
    }
}
