//! Buttons and lists: `{"type", "header", "body", "footer", "action"}`.

use serde_json::{Map, Value, json};
use zapgres_core::message::{Button, Buttons, List, ListRow, ListSection};

use super::insert_some;

pub(super) fn buttons(message: &Buttons) -> Value {
    let button = |button: &Button| json!({"type": "reply", "reply": {"id": button.id, "title": button.label}});
    let buttons: Vec<Value> = message.buttons.iter().map(button).collect();
    let (title, footer) = (message.title.as_deref(), message.footer.as_deref());
    let action = json!({"buttons": buttons});
    interactive("button", title, &message.text, footer, action)
}

pub(super) fn list(list: &List) -> Value {
    let sections: Vec<Value> = list.sections.iter().map(section).collect();
    let (title, footer) = (list.title.as_deref(), list.footer.as_deref());
    let action = json!({"button": list.button, "sections": sections});
    interactive("list", title, &list.text, footer, action)
}

fn interactive(
    kind: &str,
    title: Option<&str>,
    text: &str,
    footer: Option<&str>,
    action: Value,
) -> Value {
    let mut object = json!({"type": kind, "body": {"text": text}, "action": action});
    // Empty ones are refused.
    if let Some(title) = title.filter(|title| !title.is_empty()) {
        object["header"] = json!({"type": "text", "text": title});
    }
    if let Some(footer) = footer.filter(|footer| !footer.is_empty()) {
        object["footer"] = json!({"text": footer});
    }
    object
}

fn section(section: &ListSection) -> Value {
    let mut object = Map::new();
    insert_some(&mut object, "title", section.title.as_deref());
    let rows: Vec<Value> = section.rows.iter().map(row).collect();
    object.insert("rows".to_owned(), rows.into());
    Value::Object(object)
}

fn row(row: &ListRow) -> Value {
    let mut object = Map::new();
    object.insert("id".to_owned(), row.id.as_str().into());
    object.insert("title".to_owned(), row.title.as_str().into());
    let description = row.description.as_deref().filter(|text| !text.is_empty());
    insert_some(&mut object, "description", description);
    Value::Object(object)
}
