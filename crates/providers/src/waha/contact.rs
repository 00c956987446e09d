//! An address card as a vCard (RFC 2426), because WAHA's own form of it has no e-mail address.

use zapgres_core::message::ContactCard;

/// The card. `waid` is what lets WhatsApp offer to write to that number.
pub(super) fn vcard(card: &ContactCard) -> String {
    let name = escaped(&card.name);
    let digits: String = card.phone.chars().filter(char::is_ascii_digit).collect();
    let mut lines = vec![
        "BEGIN:VCARD".to_owned(),
        "VERSION:3.0".to_owned(),
        format!("N:;{name};;;"),
        format!("FN:{name}"),
    ];
    if let Some(organization) = &card.organization {
        lines.push(format!("ORG:{};", escaped(organization)));
    }
    lines.push(format!("TEL;type=CELL;waid={digits}:+{digits}"));
    if let Some(email) = &card.email {
        lines.push(format!("EMAIL:{}", escaped(email)));
    }
    lines.push("END:VCARD".to_owned());
    lines.join("\n")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ',' | ';' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\r' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_card_ends_its_line() {
        let card = ContactCard {
            name: "Zé, o \"Rei\"; Ltda\r\nTEL:+1".to_owned(),
            phone: "+55 11 98765-4321".to_owned(),
            organization: Some("A\\B".to_owned()),
            email: Some("ze@example.com".to_owned()),
        };
        let expected = "BEGIN:VCARD\nVERSION:3.0\n\
            N:;Zé\\, o \"Rei\"\\; Ltda\\nTEL:+1;;;\nFN:Zé\\, o \"Rei\"\\; Ltda\\nTEL:+1\n\
            ORG:A\\\\B;\nTEL;type=CELL;waid=5511987654321:+5511987654321\n\
            EMAIL:ze@example.com\nEND:VCARD";
        assert_eq!(vcard(&card), expected);
    }
}
