//! Base64 decoded piece by piece.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zapgres_core::error_class::SendError;

use super::unusable;

/// Characters decoded at a time; four of them are three bytes.
const CHUNK_CHARACTERS: usize = 64 * 1024;

/// The bytes that a text stands for. Line breaks in it are allowed: `encode()` of PostgreSQL makes them.
pub(super) struct Base64Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Base64Chunks<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes(),
        }
    }
}

impl Iterator for Base64Chunks<'_> {
    type Item = Result<Vec<u8>, SendError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut characters = Vec::with_capacity(CHUNK_CHARACTERS);
        while let [first, rest @ ..] = self.rest
            && characters.len() < CHUNK_CHARACTERS
        {
            if !first.is_ascii_whitespace() {
                characters.push(*first);
            }
            self.rest = rest;
        }
        if characters.is_empty() {
            return None;
        }
        let bytes = STANDARD.decode(&characters);
        // Padding is right at the end of the whole only.
        let ended =
            characters.ends_with(b"=") && self.rest.iter().any(|c| !c.is_ascii_whitespace());
        Some(match bytes {
            Ok(bytes) if !ended => Ok(bytes),
            _ => {
                self.rest = &[];
                Err(unusable("the file is not base64"))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Result<Vec<u8>, SendError> {
        let chunks: Result<Vec<_>, _> = Base64Chunks::of(text).collect();
        chunks.map(|chunks| chunks.concat())
    }

    /// Q5
    #[test]
    fn what_was_encoded_comes_back_with_line_breaks_or_without() {
        for length in [0, 1, 2, 3, 57, 49_151, 49_152, 49_153, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let text = STANDARD.encode(&bytes);
            let lines: Vec<&str> = text
                .as_bytes()
                .chunks(76)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect();
            for text in [text.clone(), lines.join("\n"), format!("{text}\r\n")] {
                assert_eq!(decoded(&text).unwrap(), bytes, "{length}");
            }
        }
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        let padded_within = format!("{}=={}", "A".repeat(CHUNK_CHARACTERS - 2), "AAAA");
        for text in [
            "a",
            "é",
            "AAA",
            "A=A=",
            "data:image/png;base64,AAAA",
            &padded_within,
        ] {
            let error = decoded(text).unwrap_err();
            assert_eq!(error.message, "the file is not base64", "{text:.20}");
        }
    }
}
