//! Where log lines go and how they look. Phone numbers are masked here, whoever wrote the line.

mod journal;
mod line;
mod record;

use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use crate::clock::SystemClock;
use crate::config::{Log, LogFormat};
use journal::JournalLayer;
use line::{JsonLine, TextLine};

type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// Why nothing can be logged as configured.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The journal was asked for, and is not there.
    #[error("cannot reach the systemd journal ({0}); use --log-format json or text")]
    NoJournal(std::io::Error),
}

/// Logs as configured from now on.
///
/// # Errors
/// [`LoggingError::NoJournal`].
pub fn start(log: &Log) -> Result<(), LoggingError> {
    let format = match log.format {
        LogFormat::Auto => usual_format(),
        given => given,
    };
    let layer: BoxedLayer<Registry> = match format {
        LogFormat::Journald => Box::new(
            JournalLayer::open()
                .map_err(LoggingError::NoJournal)?
                .with_filter(log.level.filter()),
        ),
        LogFormat::Text => text(std::io::stderr)
            .with_filter(log.level.filter())
            .boxed(),
        LogFormat::Json | LogFormat::Auto => json(std::io::stderr)
            .with_filter(log.level.filter())
            .boxed(),
    };
    // Only a subscriber that is there already makes this fail, and then lines do get written.
    tracing_subscriber::registry().with(layer).try_init().ok();
    Ok(())
}

fn text<S, W>(writer: W) -> BoxedLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let line = TextLine(SystemClock);
    tracing_subscriber::fmt::layer()
        .event_format(line)
        .with_writer(writer)
        .boxed()
}

fn json<S, W>(writer: W) -> BoxedLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let line = JsonLine(SystemClock);
    tracing_subscriber::fmt::layer()
        .event_format(line)
        .with_writer(writer)
        .boxed()
}

fn usual_format() -> LogFormat {
    if std::io::stderr().is_terminal() {
        LogFormat::Text
    } else if !is_stderr_the_journal() {
        LogFormat::Json
    } else if JournalLayer::open().is_ok() {
        LogFormat::Journald
    } else {
        LogFormat::Text
    }
}

/// `JOURNAL_STREAM` holds device and inode of the journal's stream; children that redirect their output inherit the
/// variable all the same (`systemd.exec(5)`).
fn is_stderr_the_journal() -> bool {
    let stderr = std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map(std::fs::File::from);
    let Ok(metadata) = stderr.and_then(|stderr| stderr.metadata()) else {
        return false;
    };
    let stream = format!("{}:{}", metadata.dev(), metadata.ino());
    std::env::var("JOURNAL_STREAM").is_ok_and(|journal| journal == stream)
}

#[cfg(test)]
mod tests;
