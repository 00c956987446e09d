use proptest::prelude::*;

use super::*;
use crate::phone::{INTERNATIONAL_DIGITS, normalize};

fn e164(input: &str) -> Result<String, PhoneError> {
    normalize(input, None).map(|number| number.as_e164().to_owned())
}

/// O4: customers of neighbours and travellers.
#[test]
fn numbers_of_other_countries_are_recognised() {
    for (input, expected) in [
        ("+1 415 555 2671", "+14155552671"),
        ("+1 (787) 555-0123", "+17875550123"),
        ("+351 912 345 678", "+351912345678"),
        ("+54 9 11 2345-6789", "+5491123456789"),
        ("+595 981 123456", "+595981123456"),
        ("+598 94 231 234", "+59894231234"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+39 02 3661 8300", "+390236618300"),
        ("00 351 912 345 678", "+351912345678"),
        ("0034 612 345 678", "+34612345678"),
        ("351912345678@s.whatsapp.net", "+351912345678"),
    ] {
        assert_eq!(e164(input).as_deref(), Ok(expected), "{input}");
    }
}

#[test]
fn a_mexican_mobile_loses_its_old_1() {
    for input in [
        "+52 55 1234 5678",
        "+52 1 55 1234 5678",
        "0052 1 55 1234 5678",
    ] {
        assert_eq!(e164(input).as_deref(), Ok("+525512345678"), "{input}");
    }
}

#[test]
fn what_no_number_of_the_country_looks_like_is_refused() {
    for input in [
        "+1 015 555 2671",
        "+1 415 055 2671",
        "+351 012 345 678",
        "+351 912 345 67",
        "+595 981 12345",
        "+999 123 456 789",
        "+210 123 456 789",
    ] {
        assert_eq!(e164(input), Err(PhoneError::Foreign), "{input}");
    }
}

#[test]
fn service_numbers_of_other_countries_are_refused() {
    for input in [
        "+1 800 555 1234",
        "+1 900 555 1234",
        "+351 800 123 456",
        "+44 800 123 4567",
        "+800 1234 5678",
        "+979 123 456 789",
    ] {
        assert_eq!(e164(input), Err(PhoneError::ServiceNumber), "{input}");
    }
}

/// "00" is dialled abroad, and by mistake before an area code.
#[test]
fn two_zeros_are_a_plus_unless_only_brazil_has_the_number() {
    assert_eq!(e164("0014155552671").as_deref(), Ok("+14155552671"));
    assert_eq!(e164("005511987654321").as_deref(), Ok("+5511987654321"));
    assert_eq!(e164("0011987654321").as_deref(), Ok("+5511987654321"));
    assert_eq!(e164("0014155550"), Err(PhoneError::Foreign));
}

/// The tables know an example for each country: none of them is lost.
#[test]
fn the_example_of_every_country_is_accepted() {
    let mut mobiles = 0;
    for plan in DATABASE.iter().filter(|plan| plan.country_code() != 55) {
        let mobile = plan.descriptors().get(Type::Mobile);
        let Some(example) = mobile.and_then(|mobile| mobile.example()) else {
            continue;
        };
        let number = format!("+{}{example}", plan.country_code());
        if !INTERNATIONAL_DIGITS.contains(&(number.len() - 1)) {
            continue;
        }
        assert_eq!(e164(&number).as_ref(), Ok(&number), "{}", plan.id());
        mobiles += 1;
    }
    assert!(mobiles > 200, "{mobiles}");
}

proptest! {
    /// Bad input: whatever digits follow whatever code.
    #[test]
    fn no_digits_make_it_panic(digits in "[1-9][0-9]{7,14}") {
        if let Ok(number) = canonical(&digits) {
            prop_assert_eq!(canonical(&number), Ok(number.clone()));
            prop_assert!(number.len() <= 15);
        }
    }

    /// Bad input: the same, with separators, prefixes and letters.
    #[test]
    fn normalising_is_idempotent_for_every_country(
        input in "(\\+|00|\\+00|tel:\\+)(1|7|2[0-9]{1,2}|3[0-9]{1,2}|4[0-9]{1,2}|5[0-46-9][0-9]?|6[0-9]|8[0-9]{1,2}|9[0-9]{1,2})\
                 [ ()./;x-]?0?[0-9]{4,8}[ -]?[0-9]{2,5}(@c\\.us|;ext=1)?",
    ) {
        if let Ok(number) = normalize(&input, None) {
            prop_assert_eq!(normalize(number.as_e164(), None), Ok(number));
        }
    }
}
