//! What an event is about: the subject, made of a row's key.
//!
//! In bytes of the database's encoding, whichever that is: all of them contain ASCII, and every other character has bytes
//! from 128 up only.

/// One column of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectPart<'a> {
    /// smallint, integer or bigint.
    Integer(i64),
    /// Any other type, as PostgreSQL prints it.
    Text(&'a [u8]),
}

/// The subject made of a key's columns: a single one as it is, several as a compact JSON array such
/// as `[7,"A1"]`. Different keys of the same columns give different subjects.
#[must_use]
pub fn composite(parts: &[SubjectPart<'_>]) -> Vec<u8> {
    if let [part] = parts {
        return match part {
            SubjectPart::Integer(number) => number.to_string().into_bytes(),
            SubjectPart::Text(text) => text.to_vec(),
        };
    }
    let mut array = vec![b'['];
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            array.push(b',');
        }
        match part {
            SubjectPart::Integer(number) => array.extend(number.to_string().into_bytes()),
            SubjectPart::Text(text) => push_json_string(&mut array, text),
        }
    }
    array.push(b']');
    array
}

/// Escapes what PostgreSQL's `to_json` escapes, and in the same way: the sweep writes the same subjects with it.
fn push_json_string(json: &mut Vec<u8>, text: &[u8]) {
    json.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => json.extend([b'\\', byte]),
            0x08 => json.extend(b"\\b"),
            b'\t' => json.extend(b"\\t"),
            b'\n' => json.extend(b"\\n"),
            0x0c => json.extend(b"\\f"),
            b'\r' => json.extend(b"\\r"),
            0..=0x1f => json.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => json.push(byte),
        }
    }
    json.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_single_column_stands_for_itself_and_several_make_an_array() {
        assert_eq!(composite(&[SubjectPart::Integer(-7)]), b"-7");
        assert_eq!(composite(&[SubjectPart::Text(b"A1")]), b"A1");
        let parts = [SubjectPart::Integer(7), SubjectPart::Text(b"A1")];
        assert_eq!(composite(&parts), br#"[7,"A1"]"#);
        let odd = [
            SubjectPart::Text(b"a\"b"),
            SubjectPart::Text(b"\xe7,\n\x01"),
        ];
        assert_eq!(composite(&odd), b"[\"a\\\"b\",\"\xe7,\\n\\u0001\"]");
    }

    #[test]
    fn text_is_escaped_as_json_libraries_escape_it() {
        let text: String = (0..=0x7f_u8).map(char::from).chain("çã".chars()).collect();
        let expected = serde_json::json!([text, 1]).to_string();
        let parts = [SubjectPart::Text(text.as_bytes()), SubjectPart::Integer(1)];
        assert_eq!(String::from_utf8(composite(&parts)).unwrap(), expected);
    }

    #[derive(Debug, Clone, PartialEq)]
    enum Part {
        Integer(i64),
        Text(String),
    }

    impl Part {
        fn borrowed(&self) -> SubjectPart<'_> {
            match self {
                Self::Integer(number) => SubjectPart::Integer(*number),
                Self::Text(text) => SubjectPart::Text(text.as_bytes()),
            }
        }
    }

    fn subject(key: &[Part]) -> Vec<u8> {
        composite(&key.iter().map(Part::borrowed).collect::<Vec<_>>())
    }

    /// Two keys of the same columns, alike enough to collide if they could.
    fn two_keys() -> impl Strategy<Value = (Vec<Part>, Vec<Part>)> {
        prop::collection::vec(any::<bool>(), 1..4).prop_flat_map(|columns| {
            let key: Vec<BoxedStrategy<Part>> = columns
                .into_iter()
                .map(|is_text| {
                    if is_text {
                        "[0-9a,:\"\\\\\\[\\]]{0,4}".prop_map(Part::Text).boxed()
                    } else {
                        (-12_i64..12).prop_map(Part::Integer).boxed()
                    }
                })
                .collect();
            (key.clone(), key)
        })
    }

    proptest! {
        #[test]
        fn different_keys_have_different_subjects((one, other) in two_keys()) {
            prop_assert_eq!(one == other, subject(&one) == subject(&other));
        }
    }
}
