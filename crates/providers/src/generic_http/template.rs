//! Templates of a channel: what differs between messages, escaped for where it stands.

use std::io;

use minijinja::value::Value as TemplateValue;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use zapgres_core::message::MessageBody;

use super::options::unusable;
use crate::channel::{ChannelAddress, UnusableChannel};
use crate::provider::OutgoingMessage;

/// Steps a template may take.
const FUEL: u64 = 50_000;
/// Nesting of blocks; keeps a template from using up the stack.
const RECURSION_LIMIT: usize = 50;

/// How long a text may get: far more than the longest message, however it is escaped. A file within it comes on top.
const ROOM_BYTES: usize = 1024 * 1024;
/// How much longer a file's base64 may get by being escaped.
const FILE_ESCAPED_TIMES: usize = 2;

/// What a text is escaped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// A text within quotes; everything else as JSON.
    Json,
    /// A value of `application/x-www-form-urlencoded`.
    Form,
    /// XML.
    Xml,
    /// Nothing.
    None,
}

impl Escape {
    /// What a body of this type needs.
    pub(super) fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Self::Form,
            json if json.ends_with("json") => Self::Json,
            xml if xml.ends_with("xml") => Self::Xml,
            _ => Self::None,
        }
    }

    const fn auto_escape(self) -> AutoEscape {
        match self {
            Self::Json => AutoEscape::Custom("json"),
            Self::Form => AutoEscape::Custom("form"),
            Self::Xml => AutoEscape::Html,
            Self::None => AutoEscape::None,
        }
    }
}

/// Renders the templates of one channel.
pub(super) struct Templates {
    body: Environment<'static>,
    plain: Environment<'static>,
}

impl Templates {
    pub(super) fn new(escape: Escape) -> Self {
        Self {
            body: environment(escape),
            plain: environment(Escape::None),
        }
    }

    /// The text of a body.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(super) fn render_body(
        &self,
        source: &str,
        context: &Value,
    ) -> Result<String, UnusableChannel> {
        render(&self.body, "body", source, context)
    }

    /// The text of a header or of a part of the query, which is not escaped.
    ///
    /// # Errors
    /// Under the option's name, what is wrong with the template.
    pub(super) fn render(
        &self,
        option: &str,
        source: &str,
        context: &Value,
    ) -> Result<String, UnusableChannel> {
        render(&self.plain, option, source, context)
    }
}

fn render(
    environment: &Environment<'_>,
    option: &str,
    source: &str,
    context: &Value,
) -> Result<String, UnusableChannel> {
    let mut rendered = Rendered::with_room_for(context);
    let outcome = environment
        .template_from_named_str(option, source)
        .and_then(|template| {
            template
                .render_captured_to(context, &mut rendered)
                .map(drop)
        });
    match outcome {
        Ok(()) => Ok(rendered.text),
        Err(error) if error.kind() == ErrorKind::WriteFailure => {
            Err(unusable(option, "gives too long a text"))
        }
        Err(error) => Err(unusable(option, &cause(source, &error))),
    }
}

/// What a template has given, up to a length: a loop around a long text must not fill the memory.
struct Rendered {
    text: String,
    room_bytes: usize,
}

impl Rendered {
    fn with_room_for(context: &Value) -> Self {
        let file = context["payload"]["base64"].as_str().unwrap_or_default();
        Self {
            text: String::new(),
            room_bytes: ROOM_BYTES + FILE_ESCAPED_TIMES * file.len(),
        }
    }
}

impl io::Write for Rendered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let room_bytes = self.room_bytes.checked_sub(bytes.len());
        self.room_bytes = room_bytes.ok_or(io::ErrorKind::FileTooLarge)?;
        self.text.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The names that templates may use. `text` is what the recipient reads, empty for kinds without; `payload` the message
/// as the queue has it.
pub(super) fn context(message: &OutgoingMessage, address: &ChannelAddress) -> Value {
    let number = message.recipient.address();
    let secrets: Map<String, Value> = address
        .secrets
        .iter()
        .filter_map(|(name, secrets)| {
            Some((name.to_owned(), secrets.first()?.expose_secret().into()))
        })
        .collect();
    json!({
        "to": number,
        "digits": number.trim_start_matches('+'),
        "text": text_of(&message.body),
        "sender": address.instance,
        "reference": message.reference.as_deref().unwrap_or_default(),
        "kind": message.body.kind().as_str(),
        "payload": message.body,
        "secret": address.credential.expose_secret(),
        "secrets": secrets,
    })
}

fn text_of(body: &MessageBody) -> &str {
    match body {
        MessageBody::Text(text) => &text.text,
        MessageBody::Buttons(buttons) => &buttons.text,
        MessageBody::List(list) => &list.text,
        MessageBody::Poll(poll) => &poll.question,
        MessageBody::Reaction(reaction) => &reaction.emoji,
        other => other
            .media()
            .and_then(|media| media.caption.as_deref())
            .unwrap_or_default(),
    }
}

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_LIMIT);
    environment.set_debug(true);
    environment.set_auto_escape_callback(move |_| escape.auto_escape());
    environment.set_formatter(write_escaped);
    environment
}

fn write_escaped(
    out: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &TemplateValue,
) -> Result<(), minijinja::Error> {
    let AutoEscape::Custom(name) = state.auto_escape() else {
        return minijinja::escape_formatter(out, state, value);
    };
    if value.is_safe() {
        return Ok(write!(out, "{value}")?);
    }
    let escaped = match name {
        "form" => form_urlencoded::byte_serialize(value.to_string().as_bytes()).collect(),
        _ => as_json(value)?,
    };
    Ok(out.write_str(&escaped)?)
}

/// A text without the quotes, which stand in the template; anything else whole.
fn as_json(value: &TemplateValue) -> Result<String, minijinja::Error> {
    let json = serde_json::to_string(value)
        .map_err(|error| minijinja::Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    let inner = json
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    Ok(inner.map_or_else(|| json.clone(), str::to_owned))
}

/// One line: where, what kind of error, and what it is about. Details of errors of values are left out, because they
/// repeat the value: a secret, or what somebody wrote.
fn cause(source: &str, error: &minijinja::Error) -> String {
    let line = error.line().unwrap_or(1);
    let kind = error.kind();
    let is_about_names = matches!(
        kind,
        ErrorKind::SyntaxError
            | ErrorKind::UnknownFilter
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownTest
    );
    let detail = error.detail().filter(|_| is_about_names);
    let expression = error.range().and_then(|range| source.get(range));
    match detail.or(expression) {
        Some(about) => format!("line {line}: {kind}: {}", about.replace('\n', " ")),
        None => format!("line {line}: {kind}"),
    }
}
