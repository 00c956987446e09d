//! Our own name of an attempt, which some providers repeat in receipts: `ID-ATTEMPT-INSTALLATION`.
//!
//! A number may be used by several installations, such as a shop's and a copy of its database with which somebody tries
//! something out. Each is told about the messages of all, and they count alike.

/// The name of this attempt.
pub(crate) fn write((id, attempt): (i64, i32), installation: &str) -> String {
    format!("{id}-{attempt}-{installation}")
}

/// Notification and attempt, where it is the name of one of this installation.
pub(crate) fn read(text: &str, installation: &str) -> Option<(i64, i32)> {
    let (attempt, of) = text.rsplit_once('-')?;
    let (id, attempt) = attempt.split_once('-')?;
    (of == installation && !of.is_empty()).then_some(())?;
    Some((id.parse().ok()?, attempt.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_name_of_an_attempt_can_be_read_back() {
        let text = write((42, 3), "5f3a");
        assert_eq!(read(&text, "5f3a"), Some((42, 3)));
    }

    /// C1: what another installation, or another program, calls its messages names none of ours.
    #[test]
    fn other_names_are_nobodys() {
        for other in [
            "42-3-5f3b",
            "42-3",
            "42",
            "a-1-5f3a",
            "42--5f3a",
            "-1-5f3a",
            "",
            "42-3-1-5f3a",
            "42-3-",
        ] {
            assert_eq!(read(other, "5f3a"), None, "{other}");
        }
        assert_eq!(read("42-3-", ""), None);
    }
}
