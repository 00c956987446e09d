//! Lines on standard error, for people or as JSON.

use std::fmt;

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::record::Record;
use crate::clock::Clock;

/// `2026-11-21T10:00:00.123Z INFO sent channel=loja1`.
pub struct TextLine<C>(pub C);

/// One object: timestamp, level, target, message, then the fields.
pub struct JsonLine<C>(pub C);

impl<C: Clock, S, N> FormatEvent<S, N> for TextLine<C>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = event.metadata().level();
        writeln!(
            writer,
            "{} {level} {}",
            timestamp(&self.0),
            Record::of(event)
        )
    }
}

impl<C: Clock, S, N> FormatEvent<S, N> for JsonLine<C>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let record = Record::of(event);
        let metadata = event.metadata();
        let mut line: Vec<(String, Value)> = vec![
            ("timestamp".to_owned(), timestamp(&self.0).into()),
            ("level".to_owned(), metadata.level().as_str().into()),
            ("target".to_owned(), metadata.target().into()),
            ("message".to_owned(), record.message.into()),
        ];
        line.extend(record.fields);
        let json = serde_json::to_string(&Object(line)).map_err(|_| fmt::Error)?;
        writeln!(writer, "{json}")
    }
}

/// A JSON object whose members keep their order.
struct Object(Vec<(String, Value)>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn timestamp(clock: &impl Clock) -> String {
    clock.now().to_rfc3339_opts(SecondsFormat::Millis, true)
}
