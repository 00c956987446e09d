//! Limits of buttons and lists.

use zapgres_core::error_class::SendError;
use zapgres_core::message::{Buttons, List, ListRow, ListSection};

use super::{count, different, filled, length};
use crate::meta::request::rejected;

const BUTTONS_MAX: usize = 3;
const BUTTONS_TEXT_MAX: usize = 1024;
const BUTTON_ID_MAX: usize = 256;
const LIST_TEXT_MAX: usize = 4096;
const SECTIONS_MAX: usize = 10;
/// In all sections.
const ROWS_MAX: usize = 10;
const ROW_ID_MAX: usize = 200;
const ROW_DESCRIPTION_MAX: usize = 72;
/// Titles of rows and sections.
const TITLE_MAX: usize = 24;
const LABEL_MAX: usize = 20;
/// What stands above the text, and below it.
const EDGE_MAX: usize = 60;

pub(super) fn check_buttons(message: &Buttons) -> Result<(), SendError> {
    edges(message.title.as_deref(), message.footer.as_deref())?;
    filled("the text", &message.text, BUTTONS_TEXT_MAX)?;
    count("the buttons", message.buttons.len(), BUTTONS_MAX)?;
    for button in &message.buttons {
        filled("a button's label", &button.label, LABEL_MAX)?;
        filled("a button's id", &button.id, BUTTON_ID_MAX)?;
    }
    let ids = message.buttons.iter().map(|button| button.id.as_str());
    different("the buttons", ids)
}

pub(super) fn check_list(list: &List) -> Result<(), SendError> {
    edges(list.title.as_deref(), list.footer.as_deref())?;
    filled("the text", &list.text, LIST_TEXT_MAX)?;
    filled("the label that opens the list", &list.button, LABEL_MAX)?;
    count("the sections", list.sections.len(), SECTIONS_MAX)?;
    let rows = || list.sections.iter().flat_map(|section| &section.rows);
    count("the rows", rows().count(), ROWS_MAX)?;
    let alone = list.sections.len() == 1;
    list.sections
        .iter()
        .try_for_each(|section| check_section(section, alone))?;
    different("the rows", rows().map(|row| row.id.as_str()))
}

fn check_section(section: &ListSection, alone: bool) -> Result<(), SendError> {
    match &section.title {
        Some(title) => filled("a section's title", title, TITLE_MAX)?,
        None if alone => {}
        None => return Err(rejected("a section among several needs a title".to_owned())),
    }
    if section.rows.is_empty() {
        return Err(rejected("a section has no rows".to_owned()));
    }
    section.rows.iter().try_for_each(check_row)
}

fn check_row(row: &ListRow) -> Result<(), SendError> {
    filled("a row's title", &row.title, TITLE_MAX)?;
    filled("a row's id", &row.id, ROW_ID_MAX)?;
    let description = row.description.as_deref().unwrap_or_default();
    length("a row's description", description, ROW_DESCRIPTION_MAX)
}

fn edges(title: Option<&str>, footer: Option<&str>) -> Result<(), SendError> {
    length("the title", title.unwrap_or_default(), EDGE_MAX)?;
    length("the footer", footer.unwrap_or_default(), EDGE_MAX)
}
