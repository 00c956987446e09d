//! Templates: which are approved, and whether a message fits one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::Shown;
use super::check::Part;
use super::error::{Code, Refusal};
use super::parameters::{Parameters, blanks, filled};
use super::settings::MetaSettings;
use crate::messages::Kind;

/// A template as the list of templates has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Template {
    #[serde(default)]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) language: String,
    #[serde(default = "approved")]
    pub(super) status: String,
    #[serde(default = "utility")]
    pub(super) category: String,
    #[serde(default = "positional")]
    parameter_format: String,
    #[serde(default)]
    pub(super) components: Vec<Component>,
}

/// A part of a template.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Component {
    /// `HEADER`, `BODY`, `FOOTER`, `BUTTONS`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Of a header: `TEXT`, `IMAGE`, `VIDEO`, `DOCUMENT`, `LOCATION`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) format: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) buttons: Vec<Value>,
    /// Examples and what else Meta keeps.
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

fn approved() -> String {
    "APPROVED".to_owned()
}

fn positional() -> String {
    "POSITIONAL".to_owned()
}

fn utility() -> String {
    "UTILITY".to_owned()
}

impl Template {
    /// The sample that every account has.
    pub(super) fn hello_world() -> Self {
        Self {
            id: "1".to_owned(),
            name: "hello_world".to_owned(),
            language: "en_US".to_owned(),
            status: approved(),
            category: utility(),
            parameter_format: positional(),
            components: vec![Component {
                kind: "BODY".to_owned(),
                text: "Welcome and congratulations!".to_owned(),
                ..Component::default()
            }],
        }
    }

    fn component(&self, kind: &str) -> Component {
        let mut components = self.components.iter();
        let found = components.find(|one| one.kind.eq_ignore_ascii_case(kind));
        found.cloned().unwrap_or_default()
    }
}

/// Checks a template message against the template that it names.
pub(super) fn read(settings: &MetaSettings, message: Part<'_>) -> Result<Shown, Refusal> {
    let name = message.required_text("name", 512)?;
    let language = message.part("language")?.required_text("code", 16)?;
    let template = settings.template(name, language).ok_or_else(|| {
        let details = format!("template name ({name}) does not exist in {language}");
        Refusal::of_body(Code::NoTemplate, details)
    })?;
    check_status(&template)?;
    let given = Parameters::of(message)?;
    let (header, body) = (template.component("HEADER"), template.component("BODY"));
    let header_text = check_header(&header, &given)?;
    given.check_texts("body", &blanks(&body.text))?;
    let buttons = template.component("BUTTONS").buttons;
    check_buttons(&buttons, &given)?;
    let footer = template.component("FOOTER").text;
    let lines = [
        header_text,
        filled(&body.text, &given.texts("body")),
        footer,
    ];
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    Ok(Shown {
        kind: Kind::Template,
        text: lines.join("\n"),
        choices: buttons
            .iter()
            .filter_map(|button| button["text"].as_str())
            .map(str::to_owned)
            .collect(),
    })
}

fn check_status(template: &Template) -> Result<(), Refusal> {
    let (code, details) = match template.status.as_str() {
        "APPROVED" => return Ok(()),
        "PAUSED" => (Code::TemplatePaused, "Template is paused".to_owned()),
        "DISABLED" => (Code::TemplateDisabled, "Template is disabled".to_owned()),
        status => {
            let Template { name, language, .. } = template;
            let details = format!("template name ({name}) is {status} in {language}");
            (Code::NoTemplate, details)
        }
    };
    Err(Refusal::of_body(code, details))
}

/// The header's text; a header with media needs a parameter of its format.
fn check_header(header: &Component, given: &Parameters<'_>) -> Result<String, Refusal> {
    let format = header.format.to_uppercase();
    if matches!(format.as_str(), "" | "TEXT") {
        given.check_texts("header", &blanks(&header.text))?;
        return Ok(filled(&header.text, &given.texts("header")));
    }
    let received = given.header_format().to_uppercase();
    if received == format {
        return Ok(String::new());
    }
    let details = format!("header: Format mismatch, expected {format}, received {received}");
    Err(Refusal::of_body(Code::ParameterFormat, details))
}

/// Buttons with a blank in their address need a parameter.
fn check_buttons(buttons: &[Value], given: &Parameters<'_>) -> Result<(), Refusal> {
    for (index, button) in buttons.iter().enumerate() {
        let blanks = button["url"].as_str().map_or(0, |url| blanks(url).len());
        if blanks > 0 && !given.has_button(index) {
            let details = format!("Button at index {index} of type Url requires a parameter");
            return Err(Refusal::of_body(Code::MissingParameter, details));
        }
    }
    Ok(())
}
