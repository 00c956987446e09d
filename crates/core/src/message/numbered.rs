//! Buttons and lists as numbered text, for providers that have none.

use std::fmt::Write;

use super::{Buttons, List, MessageBody};

impl MessageBody {
    /// Buttons and lists as a text whose choices are numbered from 1, in their order; none for other kinds.
    #[must_use]
    pub fn as_numbered_text(&self) -> Option<Self> {
        match self {
            Self::Buttons(buttons) => Some(Self::text(buttons.as_numbered_text())),
            Self::List(list) => Some(Self::text(list.as_numbered_text())),
            _ => None,
        }
    }
}

impl Buttons {
    fn as_numbered_text(&self) -> String {
        let mut text = head(self.title.as_deref(), &self.text);
        for (number, button) in (1..).zip(&self.buttons) {
            write_choice(&mut text, number, &button.label, None);
        }
        with_footer(text, self.footer.as_deref())
    }
}

impl List {
    fn as_numbered_text(&self) -> String {
        let mut text = head(self.title.as_deref(), &self.text);
        let mut number = 1;
        for section in &self.sections {
            if let Some(title) = &section.title {
                text.push_str("\n*");
                text.push_str(title);
                text.push_str("*\n");
            }
            for row in &section.rows {
                write_choice(&mut text, number, &row.title, row.description.as_deref());
                number += 1;
            }
        }
        with_footer(text, self.footer.as_deref())
    }
}

fn head(title: Option<&str>, text: &str) -> String {
    match title {
        Some(title) => format!("*{title}*\n{text}\n\n"),
        None => format!("{text}\n\n"),
    }
}

fn write_choice(text: &mut String, number: usize, label: &str, description: Option<&str>) {
    let description = description.map_or_else(String::new, |text| format!(" ({text})"));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{number}. {label}{description}");
}

fn with_footer(text: String, footer: Option<&str>) -> String {
    let text = text.trim_end();
    match footer {
        Some(footer) => format!("{text}\n\n_{footer}_"),
        None => text.to_owned(),
    }
}
