//! Digits, in whatever script a keyboard gives them.

/// Zeros of the decimal digits of scripts, each followed by its one to nine (Unicode, general category Nd).
const ZEROS: [char; 22] = [
    '0',
    // Arabic and Persian.
    '\u{660}',
    '\u{6f0}',
    // Devanagari, Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam.
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    // Thai, Lao, Burmese, Khmer.
    '\u{e50}',
    '\u{ed0}',
    '\u{1040}',
    '\u{17e0}',
    // Full width; then the "mathematical" ones with which people decorate their profiles.
    '\u{ff10}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
];

/// The ASCII digit of the same value.
pub(super) fn ascii_digit(character: char) -> Option<char> {
    ZEROS.into_iter().find_map(|zero| {
        let value = u32::from(character).checked_sub(u32::from(zero))?;
        char::from_digit(value, 10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts_have_their_value() {
        for digits in [
            "0123456789",
            "٠١٢٣٤٥٦٧٨٩",
            "۰۱۲۳۴۵۶۷۸۹",
            "०१२३४५६७८९",
            "๐๑๒๓๔๕๖๗๘๙",
            "០១២៣៤៥៦៧៨៩",
            "０１２３４５６７８９",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "𝟬𝟭𝟮𝟯𝟰𝟱𝟲𝟳𝟴𝟵",
            "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿",
        ] {
            let ascii: Option<String> = digits.chars().map(ascii_digit).collect();
            assert_eq!(ascii.as_deref(), Some("0123456789"), "{digits}");
        }
    }

    #[test]
    fn what_is_no_decimal_digit_has_none() {
        for character in [
            'a',
            '/',
            ':',
            '²',
            '①',
            'Ⅷ',
            '零',
            '\u{66a}',
            '\u{1d7cd}',
            '\u{1d800}',
        ] {
            assert_eq!(ascii_digit(character), None, "{character}");
        }
    }
}
