use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};

use tracing::{info, warn};

use super::*;

const NUMBER: &str = "5511987654321";

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug only")]
struct Order {
    phone: &'static str,
}

/// Says a phone number in every way that an event can.
fn say_numbers() {
    let shown = "+55 (11) 98765-4321";
    info!(recipient = NUMBER, shown, order = ?Order { phone: NUMBER }, count = 12, "sent to {NUMBER}");
    warn!(error = %format!("{{\"number\": \"{NUMBER}\"}}"), "answer");
}

fn assert_masked(written: &str) {
    assert!(!written.is_empty());
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    for text in [written, &digits] {
        assert!(
            !text.contains("1198765") && !text.contains("98765-4321"),
            "{written}"
        );
    }
    assert!(
        written.contains("4321"),
        "the end of a number tells two apart: {written}"
    );
}

fn capture(layer: impl Fn(Captured) -> BoxedLayer<Registry>) -> String {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::registry().with(layer(captured.clone()));
    tracing::subscriber::with_default(subscriber, say_numbers);
    captured.text()
}

fn text_layer(captured: Captured) -> BoxedLayer<Registry> {
    text(move || captured.clone())
}

fn json_layer(captured: Captured) -> BoxedLayer<Registry> {
    json(move || captured.clone())
}

#[test]
fn no_format_shows_a_phone_number() {
    assert_masked(&capture(text_layer));
    assert_masked(&capture(json_layer));
}

#[test]
fn a_text_line_has_the_message_first_and_then_the_fields() {
    let written = capture(text_layer);
    let line = written.lines().next().unwrap();
    assert!(
        line.contains(" INFO sent to *********4321 recipient=*********4321 shown="),
        "{line}"
    );
    assert!(line.ends_with(" count=12"), "{line}");
    assert_eq!(written.lines().count(), 2);
}

#[test]
fn a_json_line_is_an_object_with_numbers_as_numbers() {
    let written = capture(json_layer);
    let line: serde_json::Value = serde_json::from_str(written.lines().next().unwrap()).unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], "sent to *********4321");
    assert_eq!(line["count"], 12);
}

#[test]
fn the_journal_gets_masked_message_and_fields() {
    let path = std::env::temp_dir().join(format!("zapgres-journal-{}", std::process::id()));
    let journal = UnixDatagram::bind(&path).unwrap();
    let layer = JournalLayer::at(&path).unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, say_numbers);
    std::fs::remove_file(&path).unwrap();

    let mut entry = [0; 4096];
    let length = journal.recv(&mut entry).unwrap();
    let entry = String::from_utf8_lossy(&entry[..length]).into_owned();
    assert_masked(&entry);
    assert!(
        entry.starts_with("PRIORITY\n\u{1}\0\0\0\0\0\0\u{0}6\n"),
        "{entry:?}"
    );
    assert!(
        entry.contains("\nZAPGRES_COUNT\n\u{2}\0\0\0\0\0\0\u{0}12\n"),
        "{entry:?}"
    );
}

#[test]
fn a_missing_journal_is_an_error_that_says_what_to_use_instead() {
    let error = JournalLayer::at(std::path::Path::new("/nonexistent/journal"))
        .err()
        .unwrap();
    assert!(
        LoggingError::NoJournal(error)
            .to_string()
            .contains("--log-format json")
    );
}
