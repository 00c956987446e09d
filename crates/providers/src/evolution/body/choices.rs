//! Messages to choose from: buttons, lists, polls.

use serde_json::{Value, json};
use zapgres_core::error_class::SendError;
use zapgres_core::message::{Button, Buttons, List, ListRow, ListSection, Poll};

use super::{Part, Version, set_some, unfit};

/// WhatsApp takes twelve, Evolution's schema ten.
const POLL_OPTIONS_MAX: usize = 10;

pub(super) fn buttons(buttons: &Buttons, version: Version) -> Part {
    let (title, description) = titled(buttons.title.as_deref(), &buttons.text);
    let all: Vec<Value> = buttons
        .buttons
        .iter()
        .map(|button| self::button(button, version))
        .collect();
    let mut fields = json!({"title": title, "buttons": all});
    set_some(&mut fields, "description", description);
    let footer = match version {
        Version::One => "footerText",
        Version::Two => "footer",
    };
    set_some(&mut fields, footer, buttons.footer.as_deref());
    Part::new("sendButtons", version, "buttonMessage", fields)
}

fn button(Button { id, label }: &Button, version: Version) -> Value {
    match version {
        Version::One => json!({"buttonText": label, "buttonId": id}),
        Version::Two => json!({"type": "reply", "displayText": label, "id": id}),
    }
}

pub(super) fn list(list: &List, version: Version) -> Result<Part, SendError> {
    let footer = list.footer.as_deref().filter(|footer| !footer.is_empty());
    let footer = footer.ok_or_else(|| unfit("evolution needs the footer of a list"))?;
    let (title, description) = titled(list.title.as_deref(), &list.text);
    let sections: Vec<Value> = list
        .sections
        .iter()
        .map(|section| self::section(section, title))
        .collect();
    let mut fields = json!({
        "title": title, "footerText": footer, "buttonText": list.button, "sections": sections,
    });
    set_some(&mut fields, "description", description);
    Ok(Part::new("sendList", version, "listMessage", fields))
}

/// A section needs a heading: that of the list, where it is the only one.
fn section(section: &ListSection, title: &str) -> Value {
    let rows: Vec<Value> = section.rows.iter().map(row).collect();
    let heading = section
        .title
        .as_deref()
        .filter(|heading| !heading.is_empty());
    json!({"title": heading.unwrap_or(title), "rows": rows})
}

fn row(row: &ListRow) -> Value {
    let mut fields = json!({"title": row.title, "rowId": row.id});
    set_some(&mut fields, "description", row.description.as_deref());
    fields
}

pub(super) fn poll(poll: &Poll, version: Version) -> Result<Part, SendError> {
    let count = poll.options.len();
    if count > POLL_OPTIONS_MAX {
        return Err(unfit("evolution takes at most ten options of a poll"));
    }
    let fields = json!({
        "name": poll.question,
        "selectableCount": usize::from(poll.choices).min(count),
        "values": poll.options,
    });
    Ok(Part::new("sendPoll", version, "pollMessage", fields))
}

/// Title and the text below it. Evolution requires a title: without one, the first line of the text is it.
fn titled<'a>(title: Option<&'a str>, text: &'a str) -> (&'a str, Option<&'a str>) {
    let text = text.trim();
    match title.filter(|title| !title.is_empty()) {
        Some(title) => (title, Some(text)),
        None => match text.split_once('\n') {
            Some((first, rest)) => (first.trim_end(), Some(rest.trim_start())),
            None => (text, None),
        },
    }
}
