mod golden;

use proptest::prelude::*;

use super::*;

pub(super) const AREA_CODES: [&str; 67] = [
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22", "24", "27", "28", "31", "32",
    "33", "34", "35", "37", "38", "41", "42", "43", "44", "45", "46", "47", "48", "49", "51", "53",
    "54", "55", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71", "73", "74", "75", "77",
    "79", "81", "82", "83", "84", "85", "86", "87", "88", "89", "91", "92", "93", "94", "95", "96",
    "97", "98", "99",
];

fn e164(input: &str) -> Result<String, PhoneError> {
    normalize(input, None).map(|number| number.as_e164().to_owned())
}

fn assert_all(expected: &str, inputs: &[&str]) {
    for input in inputs {
        assert_eq!(e164(input).as_deref(), Ok(expected), "{input:?}");
    }
}

/// O4: one mobile in every way people and systems write it.
#[test]
fn a_mobile_is_recognised_however_it_is_written() {
    assert_all(
        "+5511987654321",
        &[
            "+5511987654321",
            "5511987654321",
            "11987654321",
            "(11) 98765-4321",
            "11 9 8765 4321",
            "11.98765.4321",
            "+55 (11) 98765‑4321",
            "\u{a0}+55\u{a0}11\u{a0}98765\u{2013}4321\t",
            "011987654321",
            "(0xx11) 98765-4321",
            "0 21 11 98765-4321",
            "02111987654321",
            "005511987654321",
            "05511987654321",
            "55 0 11 98765-4321",
            "+55 011 98765-4321",
            "+55 0 21 11 98765-4321",
            "tel:+55-11-98765-4321",
            "https://wa.me/5511987654321",
            "WhatsApp: 11 98765-4321 (Ana)",
            "１１９８７６５４３２１",
            "＋５５１１９８７６５４３２１",
            "١١٩٨٧٦٥٤٣٢١",
            "+۵۵ ۱۱ ۹۸۷۶۵-۴۳۲۱",
            "𝟏𝟏 𝟗𝟖𝟕𝟔𝟓-𝟒𝟑𝟐𝟏",
            "5511987654321@c.us",
            "5511987654321@s.whatsapp.net",
            "5511987654321:12@s.whatsapp.net",
            "5511987654321.0:12@s.whatsapp.net",
        ],
    );
}

#[test]
fn a_mobile_without_the_ninth_digit_gets_it() {
    assert_all(
        "+5531987654321",
        &["+553187654321", "553187654321", "3187654321", "03187654321"],
    );
    assert_all(
        "+5531987654321",
        &["553187654321@s.whatsapp.net", "021 31 8765-4321"],
    );
    assert_all("+5511961234567", &["1161234567"]);
    assert_all("+5511971234567", &["1171234567"]);
    assert_all("+5511991234567", &["1191234567"]);
}

#[test]
fn landlines_are_accepted_as_they_are() {
    assert_all(
        "+551132345678",
        &[
            "+551132345678",
            "551132345678",
            "(11) 3234-5678",
            "01132345678",
        ],
    );
    assert_all("+551123456789", &["1123456789"]);
    assert_all("+551152345678", &["1152345678"]);
}

/// Area code 55 (Santa Maria) looks like the country code.
#[test]
fn area_code_55_is_not_taken_for_the_country() {
    assert_all(
        "+5555987654321",
        &[
            "55987654321",
            "(55) 98765-4321",
            "5555987654321",
            "055987654321",
        ],
    );
    assert_all(
        "+5555987654321",
        &["5587654321", "555587654321", "+5555987654321"],
    );
    assert_all("+555532123456", &["5532123456", "555532123456"]);
}

#[test]
fn exactly_the_67_area_codes_exist() {
    for code in 0..100 {
        let code = format!("{code:02}");
        let exists = AREA_CODES.contains(&code.as_str());
        assert_eq!(brazil::is_area_code(&code), exists, "{code}");
        if !code.starts_with('0') {
            let number = e164(&format!("+55{code}987654321"));
            assert_eq!(number.is_ok(), exists, "{code}");
        }
    }
    assert!(!brazil::is_area_code("1") && !brazil::is_area_code("111"));
}

#[test]
fn area_codes_that_do_not_exist_are_refused() {
    for input in [
        "+5500987654321",
        "+5520987654321",
        "5520987654321",
        "20987654321",
        "2032345678",
    ] {
        let error = e164(input).unwrap_err();
        assert!(
            matches!(error, PhoneError::AreaCode | PhoneError::Length { .. }),
            "{input}: {error:?}"
        );
    }
    assert_eq!(e164("20987654321"), Err(PhoneError::AreaCode));
}

#[test]
fn numbers_that_are_neither_mobile_nor_landline_are_refused() {
    for input in [
        "11887654321",
        "+5511887654321",
        "1112345678",
        "1102345678",
        "+551112345678",
    ] {
        assert_eq!(e164(input), Err(PhoneError::LocalNumber), "{input}");
    }
}

#[test]
fn service_numbers_are_refused() {
    let inputs = [
        "08007271234",
        "0800 727 1234",
        "8007271234",
        "0800 123456",
        "+55 800 727 1234",
        "+5508007271234",
        "558007271234",
        "03001234567",
        "03031234567",
        "05001234567",
        "0900 123 456",
    ];
    for input in inputs {
        assert_eq!(
            normalize(input, Some("11")),
            Err(PhoneError::ServiceNumber),
            "{input}"
        );
    }
}

#[test]
fn the_default_area_code_completes_local_numbers() {
    let with = |input: &str, code| normalize(input, code).map(|n| n.as_e164().to_owned());
    assert_eq!(
        with("98765-4321", Some("11")).as_deref(),
        Ok("+5511987654321")
    );
    assert_eq!(
        with("8765-4321", Some("31")).as_deref(),
        Ok("+5531987654321")
    );
    assert_eq!(
        with("3234-5678", Some("031")).as_deref(),
        Ok("+553132345678")
    );
    assert_eq!(
        with("0 98765-4321", Some("11")).as_deref(),
        Ok("+5511987654321")
    );
    assert_eq!(
        with("21987654321", Some("11")).as_deref(),
        Ok("+5521987654321")
    );
    assert_eq!(with("98765-4321", None), Err(PhoneError::NoAreaCode));
    assert_eq!(with("98765-4321", Some("20")), Err(PhoneError::AreaCode));
    assert_eq!(with("98765-4321", Some("")), Err(PhoneError::AreaCode));
    assert_eq!(with("88765-4321", Some("11")), Err(PhoneError::LocalNumber));
}

#[test]
fn other_countries_need_a_plus_or_a_whatsapp_address() {
    assert_all("+14155552671", &["+1 (415) 555-2671", "14155552671@c.us"]);
    assert_all("+351912345678", &["+351 912 345 678"]);
    for input in ["14155552671", "351912345678"] {
        assert!(e164(input).is_err(), "{input}");
    }
    assert_eq!(e164("+1234567"), Err(PhoneError::Length { digits: 7 }));
    assert_eq!(
        e164("+1234567890123456"),
        Err(PhoneError::Length { digits: 16 })
    );
    assert_eq!(e164("+0123456789"), Err(PhoneError::NotANumber));
}

#[test]
fn what_is_no_number_is_refused() {
    assert_eq!(e164(""), Err(PhoneError::Empty));
    assert_eq!(e164(" \u{a0}\n"), Err(PhoneError::Empty));
    for input in [
        "não tem",
        "-",
        "+",
        "ana@example.com",
        "11987654321@gmail.com",
        "11+987654321",
        "++5511987654321",
    ] {
        assert_eq!(e164(input), Err(PhoneError::NotANumber), "{input}");
    }
    assert_eq!(e164(&"1".repeat(65)), Err(PhoneError::NotANumber));
    for input in [
        "120363041234567890@g.us",
        "98765432101234@lid",
        "1@newsletter",
        "status@broadcast",
    ] {
        assert_eq!(e164(input), Err(PhoneError::NotAPhoneAddress), "{input}");
    }
    for input in ["123", "11 98765-4321 / 11 3234-5678", "55", "+55", "5511"] {
        assert!(
            matches!(e164(input), Err(PhoneError::Length { .. })),
            "{input}: {:?}",
            e164(input)
        );
    }
}

#[test]
fn digits_and_mask_show_what_they_should() {
    let number = normalize("11987654321", None).unwrap();
    assert_eq!(number.digits(), "5511987654321");
    assert_eq!(number.masked(), "+*********4321");
    assert_eq!(format!("{number:?}"), "PhoneNumber(+*********4321)");
}

#[test]
fn mask_hides_numbers_in_any_text() {
    let cases = [
        (
            "not on WhatsApp: 5511987654321@c.us",
            "not on WhatsApp: *********4321@c.us",
        ),
        ("ligue (11) 98765-4321!", "ligue (**) *****-4321!"),
        (
            "a +55 11 98765-4321, b 3234-5678",
            "a +** ** *****-4321, b ****-5678",
        ),
        ("\"11.98765.4321\"", "\"**.*****.4321\""),
        ("+55/11/98765/4321", "+**/**/*****/4321"),
        ("11\u{a0}98765\u{2011}4321", "**\u{a0}*****\u{2011}4321"),
        ("１１９８７６５４３２１", "*******４３２１"),
        ("11 - 98765 - 4321", "** - ***** - 4321"),
        ("2026-11-21 11987654321", "2026-11-21 *******4321"),
        ("2026-11-2198", "****-**-2198"),
        ("1998-76-5432", "****-**-5432"),
        ("12:30 98765-4321", "12:30 *****-4321"),
        ("98.76.54.32-10", "**.**.**.32-10"),
        ("HTTP 400 em 1234567 ms", "HTTP 400 em 1234567 ms"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(mask(text), expected);
    }
}

#[test]
fn mask_leaves_what_is_no_number() {
    let texts = [
        "127.0.0.1:54321",
        "by zapgres@shop pid 12345 since 2026-11-21 05:00:07.123-03",
        "2026-11-21T05:00:07.123456Z",
        "2026-11-21 05:00:07.123456+05:30, 21/11/2026 e 21.11.2026",
        "at 05:00:07.123456-03",
        "123e4567-e89b-12d3-a456-426614174000 12345678-1234-1234-1234-123456789012",
        "WAL 0/15000060, 0/16B3748",
        "host 192.168.100.200",
    ];
    for text in texts {
        assert_eq!(mask(text), text);
    }
}

proptest! {
    /// Numbers as people write them: code, prefix and rest, with any separators.
    #[test]
    fn mask_hides_numbers_however_they_are_written(
        country in prop::option::of("\\+?55"), area in prop::sample::select(&AREA_CODES[..]),
        prefix in "9[0-9]{4}|[2-5][0-9]{3}", rest in "[0-9]{4}",
        separators in prop::collection::vec("|[ .\u{a0}/_\u{2011}-]| - |\\) |\\) ?", 3),
    ) {
        let country = country.map_or(String::new(), |code| code + &separators[0]);
        let written = format!("{country}{area}{}{prefix}{}{rest}", separators[1], separators[2]);
        prop_assert!(normalize(&written, None).is_ok(), "{}", written);
        let masked = mask(&format!("erro: \"{written}\" (22P02)"));
        let kept: String = masked.split('"').nth(1).unwrap().chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(kept, rest, "{}", masked);
    }

    /// Times as PostgreSQL and the log write them.
    #[test]
    fn mask_leaves_times(
        year in 1900..2200_u32, month in 1..13_u32, day in 1..32_u32, hour in 0..24_u32, second in 0..60_u32,
        fraction in "(\\.[0-9]{1,9})?", between in "[ T]", zone in "|Z|[+-][0-9]{2}|[+-][0-9]{2}:[0-9]{2}",
    ) {
        let text = format!(
            "at {year}-{month:02}-{day:02}{between}{hour:02}:{second:02}:{second:02}{fraction}{zone}."
        );
        prop_assert_eq!(mask(&text), text);
    }

    #[test]
    fn mask_never_panics_and_is_done_after_once(text in any::<String>(), digits in "[0-9 :./T-]{0,40}") {
        for text in [text, digits] {
            prop_assert_eq!(mask(&mask(&text)), mask(&text));
        }
    }

    #[test]
    fn normalising_is_idempotent_and_never_panics(input in any::<String>(), code in any::<Option<String>>()) {
        if let Ok(number) = normalize(&input, code.as_deref()) {
            prop_assert_eq!(normalize(number.as_e164(), None), Ok(number));
        }
    }

    #[test]
    fn normalising_digits_is_idempotent(
        input in "[+]?(55|0|00|055)?[0-9]{8,13}(@c\\.us)?", code in prop::option::of("[1-9][1-9]"),
    ) {
        if let Ok(number) = normalize(&input, code.as_deref()) {
            let digits = number.digits();
            prop_assert!(INTERNATIONAL_DIGITS.contains(&digits.len()));
            prop_assert!(digits.bytes().all(|b| b.is_ascii_digit()));
            prop_assert_eq!(normalize(number.as_e164(), code.as_deref()), Ok(number.clone()));
            if digits.starts_with("55") {
                prop_assert!(AREA_CODES.contains(&&digits[2..4]));
                prop_assert_eq!(normalize(digits, None), Ok(number));
            }
        }
    }

    #[test]
    fn mask_leaves_no_long_run_of_digits(text in "[0-9 ()+a-z-]{0,60}") {
        let masked = mask(&text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        prop_assert_eq!(mask(&masked), masked.clone());
        for run in masked.split(|c: char| !c.is_ascii_digit()) {
            prop_assert!(run.len() < 8);
        }
    }
}
