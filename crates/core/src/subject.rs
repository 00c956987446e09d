//! What an event is about, as text, and the key that makes a notification unique.

/// One column of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectPart<'a> {
    /// smallint, integer or bigint.
    Integer(i64),
    /// Any other type, as PostgreSQL prints it.
    Text(&'a str),
}

/// The subject made of a key's columns: a single one as it is, several as a compact JSON array such
/// as `[7,"A1"]`. Different keys of the same columns give different subjects.
#[must_use]
pub fn composite(parts: &[SubjectPart<'_>]) -> String {
    if let [part] = parts {
        return match part {
            SubjectPart::Integer(number) => number.to_string(),
            SubjectPart::Text(text) => (*text).to_owned(),
        };
    }
    let array: Vec<serde_json::Value> = parts
        .iter()
        .map(|part| match part {
            SubjectPart::Integer(number) => (*number).into(),
            SubjectPart::Text(text) => (*text).into(),
        })
        .collect();
    serde_json::Value::Array(array).to_string()
}

/// The key that is unique within a source: `event:subject`.
#[must_use]
pub fn dedup_key(event: &str, subject: &str) -> String {
    format!("{event}:{subject}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_single_column_stands_for_itself_and_several_make_an_array() {
        assert_eq!(composite(&[SubjectPart::Integer(-7)]), "-7");
        assert_eq!(composite(&[SubjectPart::Text("A1")]), "A1");
        let parts = [SubjectPart::Integer(7), SubjectPart::Text("A1")];
        assert_eq!(composite(&parts), r#"[7,"A1"]"#);
        let odd = [SubjectPart::Text("a\"b"), SubjectPart::Text("ç,\n")];
        assert_eq!(composite(&odd), r#"["a\"b","ç,\n"]"#);
        assert_eq!(dedup_key("order_received", "7"), "order_received:7");
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
                Self::Text(text) => SubjectPart::Text(text),
            }
        }
    }

    fn subject(key: &[Part]) -> String {
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

        #[test]
        fn different_events_or_subjects_have_different_keys(
            one in ("[a-c_]{1,2}", "[a-c:]{0,3}"), other in ("[a-c_]{1,2}", "[a-c:]{0,3}"),
        ) {
            let same = dedup_key(&one.0, &one.1) == dedup_key(&other.0, &other.1);
            prop_assert_eq!(one == other, same);
        }
    }
}
