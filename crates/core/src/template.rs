//! Message texts: Jinja templates over the context of an order.
//!
//! A name that the context does not have is an error that says where it stands; `null` prints
//! nothing, and so does a standard name that the context query leaves out. The text is cut off by an error, not silently,
//! at [`BODY_CAP_CHARACTERS`]; work is bounded too. Control characters never reach the message, and what the context holds
//! does not format it.

mod builtin;
mod context;
mod escape;
mod filters;
mod items;
mod order;
mod payment;
mod phone;
mod sample;
mod text;
mod time;
mod writer;

use std::ops::Range;
use std::sync::PoisonError;

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

pub use builtin::{builtin, is_builtin, misspelt};
use context::Completed;
use filters::Clock;
pub use sample::sample;
pub use time::Timezone;
use writer::BodyWriter;

/// Longest message text, in characters.
pub const BODY_CAP_CHARACTERS: usize = 4096;

/// Steps a template may take: a list of 200 items with several filters each stays far below.
const FUEL: u64 = 50_000;
/// Nesting of blocks; keeps a template from using up the stack.
const RECURSION_LIMIT: usize = 50;
/// Name shown nowhere: messages give the line only.
const NAME: &str = "message";

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
    #[error("template line {line}: \"{name}\" is not known for this order{}", did_you_mean(.nearest.as_deref()))]
    Undefined {
        /// Line, counted from 1.
        line: usize,
        /// The expression as it stands in the template.
        name: String,
        /// The known name that is most like it.
        nearest: Option<String>,
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

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// Renders messages, and keeps the templates that it has read: reading one takes longer than filling it in.
///
/// Besides Jinja's own filters there are those of `docs/TEMPLATES.md`. What a template prints of the context stays in one
/// line and formats nothing, unless the filter `formatado` says so.
#[derive(Debug)]
pub struct Renderer<'source> {
    /// A template's name is its own text.
    environment: Environment<'source>,
    /// For texts that nobody reads as a message. Made when the first one comes.
    unescaped: Option<Environment<'source>>,
    clock: Clock,
}

impl<'source> Renderer<'source> {
    /// Shows times by the clock of this zone from now on. Without it: that of São Paulo.
    pub fn set_timezone(&mut self, timezone: Timezone) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = timezone;
    }

    /// Renders `source` with `context` to the text of a message. Blanks at the end are cut.
    ///
    /// # Errors
    /// See [`TemplateError`]; each says what to correct.
    pub fn render(
        &mut self,
        source: &'source str,
        context: &serde_json::Value,
    ) -> Result<String, TemplateError> {
        render_in(&mut self.environment, source, context)
    }

    /// The same for an address, a number or a code: its marks stay as they are.
    ///
    /// # Errors
    /// As of [`Renderer::render`].
    pub fn render_unescaped(
        &mut self,
        source: &'source str,
        context: &serde_json::Value,
    ) -> Result<String, TemplateError> {
        let clock = &self.clock;
        let environment = self
            .unescaped
            .get_or_insert_with(|| environment(clock, escape::for_nobody));
        render_in(environment, source, context)
    }
}

impl Default for Renderer<'_> {
    fn default() -> Self {
        let clock = Clock::default();
        Self {
            environment: environment(&clock, escape::for_whatsapp),
            unescaped: None,
            clock,
        }
    }
}

fn render_in<'source>(
    environment: &mut Environment<'source>,
    source: &'source str,
    context: &serde_json::Value,
) -> Result<String, TemplateError> {
    if environment.get_template(source).is_err() {
        environment
            .add_template(source, source)
            .map_err(|e| syntax_error(&e))?;
    }
    let template = environment.get_template(source);
    let template = template.map_err(|e| syntax_error(&e))?;
    let mut body = BodyWriter::new(BODY_CAP_CHARACTERS);
    let rendered = template.render_captured_to(Completed(context), &mut body);
    if body.is_over_cap() {
        return Err(TemplateError::TooLong);
    }
    rendered.map_err(|error| render_error(source, context, &error))?;
    let text = body.into_text();
    if text.trim().is_empty() {
        Err(TemplateError::Empty)
    } else {
        Ok(text)
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
    environment(&Clock::default(), escape::for_whatsapp)
        .template_from_named_str(NAME, source)
        .map_err(|e| syntax_error(&e))?;
    Ok(())
}

/// What a sample says about the names of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// It has all that orders have.
    Known,
    /// Orders may have others.
    Open,
}

/// What is wrong with a template, in one line; none: it makes a message of `sample`, or might, of an order that has more names.
#[must_use]
pub fn check(source: &str, sample: &serde_json::Value, names: Names) -> Option<String> {
    let problem = match render(source, sample).err()? {
        TemplateError::Undefined { .. } if names == Names::Open => check_the_rest(source, sample)?,
        problem => problem,
    };
    Some(problem.to_string())
}

/// What is wrong with a template whatever the names that `sample` lacks stand for. Anything may be done with them.
fn check_the_rest(source: &str, sample: &serde_json::Value) -> Option<TemplateError> {
    let mut environment = environment(&Clock::default(), escape::for_whatsapp);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_formatter(|out, state, value| match value.is_undefined() {
        true => Ok(()),
        false => escape::print(out, state, value),
    });
    let is_unknown = |detail: &str| {
        let kinds = [ErrorKind::UnknownFilter, ErrorKind::UnknownTest];
        kinds
            .iter()
            .any(|kind| detail.starts_with(&kind.to_string()))
    };
    render_in(&mut environment, source, sample)
        .err()
        .filter(|problem| match problem {
            TemplateError::Value { detail, .. } => is_unknown(detail),
            TemplateError::Undefined { .. } | TemplateError::Empty => false,
            _ => true,
        })
}

fn environment<'source>(clock: &Clock, escaping: fn(&str) -> AutoEscape) -> Environment<'source> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_LIMIT);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_debug(true);
    environment.set_auto_escape_callback(escaping);
    environment.set_formatter(escape::print);
    filters::register(&mut environment, clock);
    environment
}

fn syntax_error(error: &minijinja::Error) -> TemplateError {
    TemplateError::Syntax {
        line: error.line().unwrap_or(1),
        detail: detail(error),
    }
}

fn render_error(
    source: &str,
    context: &serde_json::Value,
    error: &minijinja::Error,
) -> TemplateError {
    let line = error.line().unwrap_or(1);
    let expression = error.range().and_then(|range| expression_at(source, range));
    let expression = expression.unwrap_or_else(|| "an expression".to_owned());
    match error.kind() {
        ErrorKind::OutOfFuel => TemplateError::TooMuchWork,
        kind if kind == ErrorKind::UndefinedError || is_about_undefined(error) => {
            TemplateError::Undefined {
                line,
                nearest: context::nearest(&expression, context),
                name: expression,
            }
        }
        _ => TemplateError::Value {
            line,
            detail: format!("{}, at \"{expression}\"", detail(error)),
        },
    }
}

/// Arithmetic says so in its own way.
fn is_about_undefined(error: &minijinja::Error) -> bool {
    let detail = error.detail().unwrap_or_default();
    let operands = detail
        .rsplit_once("unsupported types ")
        .map(|(_, types)| types.split(" and "));
    error.kind() == ErrorKind::InvalidOperation
        && operands.is_some_and(|mut types| types.any(|name| name == "undefined"))
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
