//! Interactive messages: buttons, lists, links, flows.

use serde_json::Value;

use super::body::Shown;
use super::check::{Part, invalid, missing};
use super::error::Refusal;
use crate::messages::Kind;

/// Checks an interactive message.
pub(super) fn read(interactive: Part<'_>) -> Result<Shown, Refusal> {
    let kind = interactive.required_text("type", usize::MAX)?;
    let lines = frame(interactive, kind)?;
    let action = interactive.part("action")?;
    let (kind, choices) = match kind {
        "button" => (Kind::Buttons, buttons(action)?),
        "list" => (Kind::List, rows(action)?),
        "cta_url" => (Kind::Buttons, vec![link(action)?]),
        "flow" => (Kind::Interactive, vec![flow(action)?]),
        "location_request_message" => (Kind::Interactive, Vec::new()),
        "product" | "product_list" | "catalog_message" | "carousel" => {
            (Kind::Interactive, Vec::new())
        }
        _ => return Err(invalid("interactive['type'] is not one that is known")),
    };
    Ok(Shown {
        kind,
        text: lines,
        choices,
    })
}

/// Header, body and footer, as far as they are texts.
fn frame(interactive: Part<'_>, kind: &str) -> Result<String, Refusal> {
    let mut lines = Vec::new();
    if interactive.get("header").is_some() {
        let header = interactive.part("header")?;
        let format = header.required_text("type", usize::MAX)?;
        if kind == "list" && format != "text" {
            return Err(invalid("A list takes no header but a text"));
        }
        if format == "text" {
            lines.push(header.required_text("text", 60)?);
        } else {
            header.part(format)?;
        }
    }
    // A single product may come without words.
    if kind != "product" || interactive.get("body").is_some() {
        let longest = if kind == "list" { 4096 } else { 1024 };
        lines.push(interactive.part("body")?.required_text("text", longest)?);
    }
    if interactive.get("footer").is_some() {
        lines.push(interactive.part("footer")?.required_text("text", 60)?);
    }
    Ok(lines.join("\n"))
}

fn buttons(action: Part<'_>) -> Result<Vec<String>, Refusal> {
    let buttons = action.list("buttons");
    if !(1..=3).contains(&buttons.len()) {
        let details = "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3";
        return Err(invalid(details));
    }
    let mut labels: Vec<String> = Vec::new();
    let mut ids = Vec::new();
    for button in buttons {
        let reply = Part::item(button, "buttons")?.part("reply")?;
        ids.push(bounded(reply, "id", "Button id", 256)?);
        let title = bounded(reply, "title", "Button title", 20)?;
        if labels.iter().any(|label| label == title) {
            return Err(invalid("Button titles must be different"));
        }
        labels.push(title.to_owned());
    }
    if has_duplicates(&ids) {
        return Err(invalid("Button ids must be different"));
    }
    Ok(labels)
}

fn rows(action: Part<'_>) -> Result<Vec<String>, Refusal> {
    bounded(action, "button", "Button label", 20)?;
    let sections = action.list("sections");
    if !(1..=10).contains(&sections.len()) {
        return Err(invalid("Invalid sections count. Min: 1, Max: 10"));
    }
    let (mut titles, mut ids) = (Vec::new(), Vec::new());
    for section in sections {
        let section = Part::item(section, "sections")?;
        if sections.len() > 1 {
            bounded(section, "title", "Section title", 24)?;
        }
        for row in section.list("rows") {
            let row = Part::item(row, "rows")?;
            ids.push(bounded(row, "id", "Row id", 200)?);
            titles.push(bounded(row, "title", "Row title", 24)?.to_owned());
            if row.get("description").is_some() {
                bounded(row, "description", "Row description", 72)?;
            }
        }
    }
    if titles.is_empty() {
        return Err(missing("rows"));
    }
    if titles.len() > 10 {
        return Err(invalid("Total row count exceed max allowed count: 10"));
    }
    if has_duplicates(&ids) {
        return Err(invalid("Row ids must be different"));
    }
    Ok(titles)
}

fn link(action: Part<'_>) -> Result<String, Refusal> {
    if action.text("name") != Some("cta_url") {
        return Err(invalid("action['name'] must be cta_url"));
    }
    let parameters = action.part("parameters")?;
    parameters.required_url("url")?;
    bounded(parameters, "display_text", "Button title", 20).map(str::to_owned)
}

fn flow(action: Part<'_>) -> Result<String, Refusal> {
    if action.text("name") != Some("flow") {
        return Err(invalid("action['name'] must be flow"));
    }
    let parameters = action.part("parameters")?;
    parameters.required_text("flow_message_version", usize::MAX)?;
    if parameters.get("flow_id").is_none() && parameters.get("flow_name").is_none() {
        return Err(missing("flow_id"));
    }
    bounded(parameters, "flow_cta", "Button title", 30).map(str::to_owned)
}

/// The text under a name, with Meta's complaint about its length.
fn bounded<'a>(
    part: Part<'a>,
    name: &str,
    called: &str,
    longest: usize,
) -> Result<&'a str, Refusal> {
    let text = part.get(name).and_then(Value::as_str);
    let text = text.ok_or_else(|| missing(&format!("{}['{name}']", part.name)))?;
    if (1..=longest).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(invalid(format!(
        "{called} length invalid. Min length: 1, Max length: {longest}"
    )))
}

fn has_duplicates(ids: &[&str]) -> bool {
    ids.iter()
        .enumerate()
        .any(|(position, id)| ids[..position].contains(id))
}
