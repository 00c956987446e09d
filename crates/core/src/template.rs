//! Message texts: Jinja templates over the context of an order.
//!
//! A name that the context does not have is an error that says where it stands; `null` prints
//! nothing. The text is cut off by an error, not silently, at [`BODY_CAP_CHARACTERS`]; work is
//! bounded too. Control characters never reach the message.

mod filters;
mod writer;

use std::ops::Range;

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use writer::BodyWriter;

/// Longest message text, in characters.
pub const BODY_CAP_CHARACTERS: usize = 4096;

/// Steps a template may take: a list of 200 items with several filters each stays far below.
const FUEL: u64 = 50_000;
/// Nesting of blocks; keeps a template from using up the stack.
const RECURSION_LIMIT: usize = 50;
/// Name shown nowhere: messages give the line only.
const NAME: &str = "message";

const ORDER_RECEIVED_PT_BR: &str = include_str!("../templates/order_received.pt-BR.txt");

/// Why a template gives no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Cannot be read as a template.
    #[error("template line {line}: {detail}")]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// Uses something that the context does not have.
    #[error("template line {line}: \"{name}\" is not known for this order")]
    Undefined {
        /// Line, counted from 1.
        line: usize,
        /// The expression as it stands in the template.
        name: String,
    },
    /// A filter or operation does not fit its value.
    #[error("template line {line}: {detail}")]
    Value {
        /// Line, counted from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// The text is longer than a message may be.
    #[error("the message is longer than {BODY_CAP_CHARACTERS} characters: shorten the template")]
    TooLong,
    /// The template loops too much.
    #[error("the template does too much: it was stopped after {FUEL} steps")]
    TooMuchWork,
    /// Nothing but blanks.
    #[error("the template gives an empty message")]
    Empty,
}

/// Renders messages, and keeps the templates that it has read: reading one takes longer than filling it in.
///
/// Besides Jinja's own filters there are `moeda` (`R$ 1.234,56`), `quantidade` (`2`, `0,5`),
/// `primeiro_nome`, and `linha(n)` (one line of at most n characters).
#[derive(Debug)]
pub struct Renderer<'source> {
    /// A template's name is its own text.
    environment: Environment<'source>,
}

impl<'source> Renderer<'source> {
    /// Renders `source` with `context` to the text of a message. Blanks at the end are cut.
    ///
    /// # Errors
    /// See [`TemplateError`]; each says what to correct.
    pub fn render(
        &mut self,
        source: &'source str,
        context: &serde_json::Value,
    ) -> Result<String, TemplateError> {
        if self.environment.get_template(source).is_err() {
            self.environment
                .add_template(source, source)
                .map_err(|e| syntax_error(&e))?;
        }
        let template = self.environment.get_template(source);
        let template = template.map_err(|e| syntax_error(&e))?;
        let mut body = BodyWriter::new(BODY_CAP_CHARACTERS);
        let rendered = template.render_captured_to(context, &mut body);
        if body.is_over_cap() {
            return Err(TemplateError::TooLong);
        }
        rendered.map_err(|error| render_error(source, &error))?;
        let text = body.into_text();
        if text.trim().is_empty() {
            Err(TemplateError::Empty)
        } else {
            Ok(text)
        }
    }
}

impl Default for Renderer<'_> {
    fn default() -> Self {
        Self {
            environment: environment(),
        }
    }
}

/// Renders `source` once.
///
/// # Errors
/// As of [`Renderer::render`].
pub fn render(source: &str, context: &serde_json::Value) -> Result<String, TemplateError> {
    Renderer::default().render(source, context)
}

/// Whether `source` can be read as a template.
///
/// # Errors
/// [`TemplateError::Syntax`] with the line.
pub fn check_syntax(source: &str) -> Result<(), TemplateError> {
    environment()
        .template_from_named_str(NAME, source)
        .map_err(|e| syntax_error(&e))?;
    Ok(())
}

/// The text that ships with Zapgres for an event and an audience, in the language of a BCP 47 tag.
#[must_use]
pub fn builtin(event: &str, audience: &str, locale: &str) -> Option<&'static str> {
    match (event, audience, locale) {
        ("order_received", "customer", "pt-BR") => Some(ORDER_RECEIVED_PT_BR),
        _ => None,
    }
}

fn environment<'source>() -> Environment<'source> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_LIMIT);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_debug(true);
    // Otherwise a text that ends in ".html" would be taken for a page.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // minijinja prints "none" for null, which no customer should read.
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            return Ok(());
        }
        minijinja::escape_formatter(out, state, value)
    });
    filters::register(&mut environment);
    environment
}

fn syntax_error(error: &minijinja::Error) -> TemplateError {
    TemplateError::Syntax {
        line: error.line().unwrap_or(1),
        detail: detail(error),
    }
}

fn render_error(source: &str, error: &minijinja::Error) -> TemplateError {
    let line = error.line().unwrap_or(1);
    let expression = error.range().and_then(|range| expression_at(source, range));
    let expression = expression.unwrap_or_else(|| "an expression".to_owned());
    match error.kind() {
        ErrorKind::OutOfFuel => TemplateError::TooMuchWork,
        ErrorKind::UndefinedError => TemplateError::Undefined {
            line,
            name: expression,
        },
        _ => TemplateError::Value {
            line,
            detail: format!("{}, at \"{expression}\"", detail(error)),
        },
    }
}

/// The expression that an error is about. The position of an error may begin within a dotted name,
/// and that of a filter's error is the filter: what it stumbled over stands before its bar.
fn expression_at(source: &str, range: Range<usize>) -> Option<String> {
    let before = source.get(..range.start)?;
    let end = match before.trim_end().strip_suffix('|') {
        Some(filtered) => filtered.trim_end().len(),
        None => range.end,
    };
    let within_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let start = source[..end.min(range.start)]
        .trim_end_matches(within_name)
        .len();
    let words: Vec<&str> = source.get(start..end)?.split_whitespace().collect();
    Some(words.join(" "))
}

/// One line: what kind of error, and its detail.
fn detail(error: &minijinja::Error) -> String {
    let kind = error.kind();
    match error.detail() {
        Some(detail) => format!("{kind}: {}", detail.replace('\n', " ")),
        None => kind.to_string(),
    }
}

#[cfg(test)]
mod tests;
