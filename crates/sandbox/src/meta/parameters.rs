//! The parameters of a template message, and the blanks that they fill.

use serde_json::Value;

use super::check::Part;
use super::error::{Code, Refusal};

/// The components of a message, with their parameters.
pub(super) struct Parameters<'a>(Vec<Part<'a>>);

impl<'a> Parameters<'a> {
    /// The components that a message gives.
    pub(super) fn of(message: Part<'a>) -> Result<Self, Refusal> {
        let components = message.list("components").iter();
        let components = components.map(|component| Part::item(component, "components"));
        Ok(Self(components.collect::<Result<_, _>>()?))
    }

    fn component(&self, kind: &str) -> Option<&Part<'a>> {
        let is_it = |part: &&Part<'_>| {
            part.text("type")
                .is_some_and(|name| name.eq_ignore_ascii_case(kind))
        };
        self.0.iter().find(is_it)
    }

    fn list(&self, kind: &str) -> &'a [Value] {
        self.component(kind)
            .map_or(&[], |component| component.list("parameters"))
    }

    /// Names (empty where they are given by position) and texts of a component's parameters.
    pub(super) fn texts(&self, kind: &str) -> Vec<(&'a str, &'a str)> {
        let read = |parameter: &'a Value| {
            let name = parameter["parameter_name"].as_str().unwrap_or_default();
            let kind = parameter["type"].as_str().unwrap_or_default();
            let text = parameter["text"].as_str();
            let text = text.or_else(|| parameter[kind]["fallback_value"].as_str());
            (name, text.unwrap_or_default())
        };
        self.list(kind).iter().map(read).collect()
    }

    /// Checks that a component's parameters fill these blanks, no more and no less.
    pub(super) fn check_texts(&self, kind: &str, blanks: &[String]) -> Result<(), Refusal> {
        let texts = self.texts(kind);
        if texts.len() != blanks.len() {
            return Err(Refusal::of_body(
                Code::ParameterCount,
                format!(
                    "{kind}: number of localizable_params ({}) does not match the expected number \
                     of params ({})",
                    texts.len(),
                    blanks.len()
                ),
            ));
        }
        let is_named = |blank: &String| blank.parse::<u32>().is_err();
        for blank in blanks.iter().filter(|blank| is_named(blank)) {
            if !texts.iter().any(|(name, _)| name == blank) {
                let details = format!("{kind}: Parameter name is missing or empty: {blank}");
                return Err(Refusal::of_body(Code::InvalidParameter, details));
            }
        }
        for (_, text) in texts {
            check_text(text)?;
        }
        Ok(())
    }

    /// What a header is given, for example `image`.
    pub(super) fn header_format(&self) -> &'a str {
        let first = self.list("header").first();
        first
            .and_then(|parameter| parameter["type"].as_str())
            .unwrap_or("unknown")
    }

    /// Whether the button at this place is given a parameter.
    pub(super) fn has_button(&self, index: usize) -> bool {
        self.0.iter().any(|part| {
            let place = match part.get("index") {
                Some(Value::String(text)) => text.parse().ok(),
                Some(value) => value.as_u64(),
                None => None,
            };
            part.text("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("button"))
                && place == Some(index as u64)
                && !part.list("parameters").is_empty()
        })
    }
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        let details = "Parameter of type text is missing text value";
        return Err(Refusal::of_body(Code::MissingParameter, details));
    }
    if text.contains(['\n', '\t']) || text.contains("     ") {
        let details = "Param text cannot have new-line/tab characters or more than 4 consecutive \
                       spaces";
        return Err(Refusal::of_body(Code::InvalidParameter, details));
    }
    Ok(())
}

/// The names or numbers of a text's blanks, `{{1}}` or `{{total}}`, each once.
pub(super) fn blanks(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1) {
        if let Some((name, _)) = part.split_once("}}") {
            let name = name.trim().to_owned();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// The text with its blanks filled.
pub(super) fn filled(text: &str, given: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (position, blank) in blanks(text).iter().enumerate() {
        let named = given.iter().find(|(name, _)| name == blank);
        let value = named.or_else(|| given.get(position));
        if let Some((_, value)) = value {
            filled = filled.replace(&format!("{{{{{blank}}}}}"), value);
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_by_position_or_by_name() {
        let text = "Olá {{1}}, total {{2}}. Até já, {{1}}!";
        assert_eq!(blanks(text), ["1", "2"]);
        let given = [("", "Ana"), ("", "R$ 5")];
        assert_eq!(filled(text, &given), "Olá Ana, total R$ 5. Até já, Ana!");
        let named = [("total", "R$ 5"), ("nome", "Ana")];
        assert_eq!(filled("{{nome}}: {{total}}", &named), "Ana: R$ 5");
    }
}
