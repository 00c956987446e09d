//! Where a message's text is written: capped, and cleaned while it is written.

use std::io;

use super::escape::cleaned;

/// Collects text up to a number of characters and leaves out what must not be in a message.
pub(super) struct BodyWriter {
    text: String,
    room: usize,
    over_cap: bool,
}

impl BodyWriter {
    pub(super) fn new(cap_characters: usize) -> Self {
        Self {
            text: String::new(),
            room: cap_characters,
            over_cap: false,
        }
    }

    pub(super) fn is_over_cap(&self) -> bool {
        self.over_cap
    }

    /// The text without blanks at its end.
    pub(super) fn into_text(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    fn push(&mut self, character: char) -> io::Result<()> {
        let Some(room) = self.room.checked_sub(1) else {
            self.over_cap = true;
            return Err(io::Error::other("message too long"));
        };
        self.room = room;
        self.text.push(character);
        Ok(())
    }
}

impl io::Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        for character in text.chars().filter_map(cleaned) {
            self.push(character)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
