//! QR codes as pictures (PNG), and as codes to type.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use qrcode::{Color, QrCode};

/// Pixels of one module's side.
const SCALE: usize = 4;
/// Modules of white around the code: readers need four (ISO/IEC 18004).
const MARGIN: usize = 4;
const PNG_SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
const STORED_BLOCK_LIMIT: usize = 65_535;

/// The picture as `data:image/png;base64,…`.
pub(crate) fn data_uri(code: &str) -> String {
    format!("data:image/png;base64,{}", base64(code))
}

/// The picture as base64.
pub(crate) fn base64(code: &str) -> String {
    BASE64_STANDARD.encode(png(code))
}

/// The picture. A text that is too long for a code gives an empty one.
pub(crate) fn png(code: &str) -> Vec<u8> {
    let (modules, side) = match QrCode::new(code) {
        Ok(code) => (code.to_colors(), code.width()),
        Err(_) => (Vec::new(), 0),
    };
    let pixels = (side + 2 * MARGIN) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let module = |pixel: usize| (pixel / SCALE).checked_sub(MARGIN).filter(|at| *at < side);
        let place = module(x).zip(module(y));
        place.is_some_and(|(x, y)| modules[y * side + x] == Color::Dark)
    };
    // One byte for each pixel; each row begins with its filter: none.
    let rows = (0..pixels).flat_map(|y| {
        let row = (0..pixels).map(move |x| if is_dark(x, y) { 0 } else { u8::MAX });
        std::iter::once(0).chain(row)
    });
    encoded(pixels, &rows.collect::<Vec<u8>>())
}

/// A grey picture (RFC 2083), not compressed.
fn encoded(side: usize, rows: &[u8]) -> Vec<u8> {
    let side = u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
    // Depth of 8 bits, grey, and the only methods there are.
    let header = [&side[..], &side, &[8, 0, 0, 0, 0]].concat();
    let mut png = PNG_SIGNATURE.to_vec();
    png.extend(chunk(*b"IHDR", &header));
    png.extend(chunk(*b"IDAT", &stored(rows)));
    png.extend(chunk(*b"IEND", &[]));
    png
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let named = [&name[..], data].concat();
    [
        &length.to_be_bytes()[..],
        &named,
        &crc32(&named).to_be_bytes(),
    ]
    .concat()
}

/// A zlib stream (RFC 1950) of blocks that are stored as they are.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = bytes.chunks(STORED_BLOCK_LIMIT);
    let last = blocks.len().saturating_sub(1);
    for (place, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(place == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(bytes).to_be_bytes());
    stream
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    (high << 16) | low
}

fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let table_free = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(u32::MAX, table_free)
}

/// A code to type on the phone, such as `7C3A-09F1`: the same for the same QR code.
pub(crate) fn typed(code: &str) -> String {
    let digits = format!("{:08X}", crc32(code.as_bytes()));
    let (first, last) = digits.split_at(4);
    format!("{first}-{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of both sums, and of a code to type.
    #[test]
    fn sums_are_those_of_their_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(typed("123456789"), "CBF4-3926");
    }

    #[test]
    fn a_picture_has_a_header_its_size_and_all_of_its_rows() {
        let png = png("2@zapi/loja/1");
        assert_eq!(png[..8], PNG_SIGNATURE);
        let side = u32::from_be_bytes(png[16..20].try_into().unwrap()) as usize;
        assert_eq!(side, (21 + 2 * MARGIN) * SCALE);
        let chunks = 3 * 12 + 13;
        let zlib = 2 + 5 + 4;
        assert_eq!(png.len(), 8 + chunks + zlib + side * (side + 1));
        assert!(data_uri("a").starts_with("data:image/png;base64,iVBORw0KGgo"));
        assert_ne!(super::png("a"), super::png("b"));
    }
}
