//! Whether a sticker moves.

/// The bit "animation" in the flags of a `VP8X` chunk. Source:
/// <https://developers.google.com/speed/webp/docs/riff_container#extended_file_format>.
const ANIMATION: u8 = 0x02;

/// Whether `head` begins a WebP picture that moves. Only the extended format can.
pub(super) fn is_animated(head: &[u8]) -> bool {
    let has = |at: usize, text: &[u8]| head.get(at..at + text.len()) == Some(text);
    let is_extended = has(0, b"RIFF") && has(8, b"WEBPVP8X");
    is_extended && head.get(20).is_some_and(|flags| flags & ANIMATION != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_of_the_extended_format_tells() {
        for (head, animated) in [
            (b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" as &[u8], true),
            (b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0", true),
            (b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0", false),
            (b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0", false),
            (b"RIFF\x24\0\0\0WEBPVP8 \x0a\0\0\0\x02\0\0\0", false),
            (b"RIFF", false),
        ] {
            assert_eq!(is_animated(head), animated, "{head:?}");
        }
    }
}
