//! Lines to the systemd journal, by its native protocol
//! (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>), so that `journalctl ZAPGRES_CHANNEL=loja1` finds them.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::record::Record;

const SOCKET: &str = "/run/systemd/journal/socket";
/// A stuck journal holds nobody up for longer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// Writes events to the journal.
pub struct JournalLayer {
    socket: UnixDatagram,
    /// Addressed with every message: a connection would not outlive a restart of the journal.
    path: PathBuf,
}

impl JournalLayer {
    /// Opens the way to the journal.
    ///
    /// # Errors
    /// There is no journal here.
    pub fn open() -> io::Result<Self> {
        Self::at(Path::new(SOCKET))
    }

    pub(super) fn at(path: &Path) -> io::Result<Self> {
        UnixDatagram::unbound()?.connect(path)?;
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Self {
            socket,
            path: path.to_owned(),
        })
    }
}

impl<S: Subscriber> Layer<S> for JournalLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let entry = entry(
            *event.metadata().level(),
            event.metadata().target(),
            &Record::of(event),
        );
        // There is nowhere left to complain.
        self.socket.send_to(&entry, &self.path).ok();
    }
}

fn entry(level: Level, target: &str, record: &Record) -> Vec<u8> {
    let mut entry = Vec::new();
    put(&mut entry, "PRIORITY", priority(level));
    put(&mut entry, "SYSLOG_IDENTIFIER", "zapgres");
    put(&mut entry, "ZAPGRES_TARGET", target);
    put(&mut entry, "MESSAGE", &record.to_string());
    for (name, value) in &record.fields {
        let name = format!("ZAPGRES_{}", name.to_ascii_uppercase().replace('.', "_"));
        put(
            &mut entry,
            &name,
            &value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        );
    }
    entry
}

/// Name, line feed, length (64 bits, little-endian), value: the form that any value fits.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'\n');
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

/// As in `syslog(3)`.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        _ => "7",
    }
}
