//! Limits of what fills a template.

use zapgres_core::error_class::SendError;
use zapgres_core::message::{Template, TemplateButton, TemplateHeader, TemplateParameter};

use super::count;
use crate::meta::request::rejected;

const BUTTONS_MAX: usize = 10;
const SPACES_MAX: usize = 4;

pub(super) fn check(template: &Template) -> Result<(), SendError> {
    for (what, text) in [("name", &template.name), ("language", &template.language)] {
        if text.trim().is_empty() {
            return Err(rejected(format!("the template's {what} is empty")));
        }
    }
    if let Some(TemplateHeader::Text(parameter)) = &template.header {
        one_line("the header's parameter", &parameter.text)?;
    }
    check_parameters(&template.parameters)?;
    count(
        "the template's buttons",
        template.buttons.len(),
        BUTTONS_MAX,
    )?;
    for button in &template.buttons {
        let (what, index, text) = match button {
            TemplateButton::Url { index, text } => ("address", index, text),
            TemplateButton::QuickReply { index, payload } => ("payload", index, payload),
            TemplateButton::CopyCode { index, code } => ("code", index, code),
        };
        one_line(&format!("the {what} of button {index}"), text)?;
    }
    Ok(())
}

fn check_parameters(parameters: &[TemplateParameter]) -> Result<(), SendError> {
    let named = parameters.iter().filter(|one| one.name.is_some()).count();
    if named != 0 && named != parameters.len() {
        return Err(rejected(
            "either all of the template's parameters have names, or none".to_owned(),
        ));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        let what = match &parameter.name {
            Some(name) => format!("parameter {name}"),
            None => format!("parameter {}", index + 1),
        };
        one_line(&what, &parameter.text)?;
    }
    Ok(())
}

/// Meta refuses line breaks, tabs and more than four spaces in a row: an order's items do not fit into one.
fn one_line(what: &str, text: &str) -> Result<(), SendError> {
    let fault = if text.trim().is_empty() {
        "is empty"
    } else if text.contains(['\n', '\r', '\t']) {
        "has a line break or a tab, which Meta does not take in templates"
    } else if text.contains(&" ".repeat(SPACES_MAX + 1)) {
        "has more than four spaces in a row, which Meta does not take in templates"
    } else {
        return Ok(());
    };
    Err(rejected(format!("{what} {fault}")))
}
