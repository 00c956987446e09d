//! One table of what people and systems write, and what becomes of it.

use PhoneError::{AreaCode, LocalNumber, NoAreaCode, NotANumber, NotAPhoneAddress, ServiceNumber};

use super::*;

const NUMBERS: [(&str, Result<&str, PhoneError>); 48] = [
    // Complete mobiles, with more before them or less.
    ("+5511987654321", Ok("+5511987654321")),
    ("5511987654321", Ok("+5511987654321")),
    ("11987654321", Ok("+5511987654321")),
    ("(11) 98765-4321", Ok("+5511987654321")),
    ("011987654321", Ok("+5511987654321")),
    ("005511987654321", Ok("+5511987654321")),
    // Carrier codes: Vivo, Embratel, TIM.
    ("015 11 98765-4321", Ok("+5511987654321")),
    ("0 21 11 98765-4321", Ok("+5511987654321")),
    ("041 11 3234-5678", Ok("+551132345678")),
    ("+55 0 15 11 98765-4321", Ok("+5511987654321")),
    // Mobiles from before the ninth digit.
    ("+553187654321", Ok("+5531987654321")),
    ("553187654321", Ok("+5531987654321")),
    ("3187654321", Ok("+5531987654321")),
    ("1187654321", Ok("+5511987654321")),
    ("(11) 6123-4567", Ok("+5511961234567")),
    // Landlines.
    ("+551132345678", Ok("+551132345678")),
    ("1123456789", Ok("+551123456789")),
    ("(21) 5123-4567", Ok("+552151234567")),
    // Area code 55, which looks like the country.
    ("(55) 98765-4321", Ok("+5555987654321")),
    ("55987654321", Ok("+5555987654321")),
    ("5555987654321", Ok("+5555987654321")),
    ("5532123456", Ok("+555532123456")),
    ("555532123456", Ok("+555532123456")),
    ("5587654321", Ok("+5555987654321")),
    // Area codes that do not exist.
    ("+5500987654321", Err(AreaCode)),
    ("+5520987654321", Err(AreaCode)),
    ("20987654321", Err(AreaCode)),
    ("23 98765-4321", Err(AreaCode)),
    // Neither mobile nor landline.
    ("11 88765-4321", Err(LocalNumber)),
    ("11 1234-5678", Err(LocalNumber)),
    // No area code.
    ("98765-4321", Err(NoAreaCode)),
    ("3234-5678", Err(NoAreaCode)),
    // Service numbers.
    ("08007271234", Err(ServiceNumber)),
    ("0800 727 1234", Err(ServiceNumber)),
    ("+55 800 727 1234", Err(ServiceNumber)),
    ("0300 123 4567", Err(ServiceNumber)),
    ("0900 123 456", Err(ServiceNumber)),
    // Addresses of WhatsApp.
    ("5511987654321@c.us", Ok("+5511987654321")),
    ("5511987654321@s.whatsapp.net", Ok("+5511987654321")),
    ("553187654321:12@s.whatsapp.net", Ok("+5531987654321")),
    ("553187654321.0:1@s.whatsapp.net", Ok("+5531987654321")),
    ("98765432101234@lid", Err(NotAPhoneAddress)),
    ("5511987654321-1623456789@g.us", Err(NotAPhoneAddress)),
    // Other scripts.
    ("１１９８７６５４３２１", Ok("+5511987654321")),
    ("𝟏𝟏 𝟗𝟖𝟕𝟔𝟓-𝟒𝟑𝟐𝟏", Ok("+5511987654321")),
    // None at all, or two.
    ("não tem", Err(NotANumber)),
    ("11987654321@gmail.com", Err(NotANumber)),
    (
        "11 98765-4321 / 11 3234-5678",
        Err(PhoneError::Length { digits: 21 }),
    ),
];

/// O4: each in its canonical form, or refused for the right reason.
#[test]
fn every_number_of_the_table_becomes_what_it_says() {
    for (input, expected) in NUMBERS {
        assert_eq!(e164(input).as_deref(), expected.as_deref(), "{input:?}");
    }
}
