//! Filling the gaps of an approved template with what is known of an order.

use serde_json::Value;

use super::{Media, MediaSource, Template, TemplateButton, TemplateHeader, TemplateParameter};
use crate::template::{self, Names, Renderer, TemplateError};

/// An empty gap is refused, and an order may lack a name.
const NOTHING: &str = "-";

/// What is filled in.
#[derive(Clone, Copy)]
enum Gap<'source> {
    /// Shown: what the context holds must not format it.
    Text(&'source str),
    /// Part of an address, or a code: what the context holds stays as it is.
    Code(&'source str),
}

impl<'source> Gap<'source> {
    fn source(self) -> &'source str {
        match self {
            Self::Text(source) | Self::Code(source) => source,
        }
    }
}

fn rendered<'source>(
    renderer: &mut Renderer<'source>,
    gap: Gap<'source>,
    context: &Value,
) -> Result<String, TemplateError> {
    let text = match gap {
        Gap::Text(text) => renderer.render(text, context),
        Gap::Code(code) => renderer.render_unescaped(code, context),
    };
    match text {
        Err(TemplateError::Empty) => Ok(NOTHING.to_owned()),
        text => text,
    }
}

/// What Meta refuses in a gap.
fn unfit_for_a_gap(text: &str) -> Option<&'static str> {
    if text.contains('\n') {
        return Some("several lines");
    }
    text.contains("     ")
        .then_some("more than four blanks in a row")
}

impl Template {
    /// The template with each of its texts, which are Jinja, rendered over `context` and made one line: gaps take no line
    /// breaks, tabs or more than four blanks in a row (Meta, template parameters).
    ///
    /// # Errors
    /// Of the first text that cannot be rendered.
    pub fn filled<'source>(
        &'source self,
        renderer: &mut Renderer<'source>,
        context: &Value,
    ) -> Result<Self, TemplateError> {
        self.filled_by(&mut |gap| Ok(one_line(&rendered(renderer, gap, context)?)))
    }

    /// What keeps this from being sent for the order of `sample`, in one line; none: nothing. What [`Self::filled`] would make
    /// one line was not meant to be one, so it counts.
    #[must_use]
    pub fn check(&self, sample: &Value, names: Names) -> Option<String> {
        let mut renderer = Renderer::default();
        let mut unfit = None;
        let filled = self.filled_by(&mut |gap| {
            let text = match rendered(&mut renderer, gap, sample) {
                Err(TemplateError::Undefined { .. }) if names == Names::Open => {
                    unfit = unfit
                        .take()
                        .or(template::check(gap.source(), sample, names));
                    NOTHING.to_owned()
                }
                text => text?,
            };
            if let Some(what) = unfit_for_a_gap(&text) {
                unfit.get_or_insert_with(|| format!("\"{}\" gives {what}", one_line(gap.source())));
            }
            Ok(text)
        });
        filled.err().map(|error| error.to_string()).or(unfit)
    }

    fn filled_by<'source>(
        &'source self,
        fill: &mut impl FnMut(Gap<'source>) -> Result<String, TemplateError>,
    ) -> Result<Self, TemplateError> {
        Ok(Self {
            name: self.name.clone(),
            language: self.language.clone(),
            header: match &self.header {
                Some(header) => Some(header.filled(fill)?),
                None => None,
            },
            parameters: self
                .parameters
                .iter()
                .map(|parameter| parameter.filled(fill))
                .collect::<Result<_, _>>()?,
            buttons: self
                .buttons
                .iter()
                .map(|button| button.filled(fill))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl TemplateParameter {
    fn filled<'source>(
        &'source self,
        fill: &mut impl FnMut(Gap<'source>) -> Result<String, TemplateError>,
    ) -> Result<Self, TemplateError> {
        Ok(Self {
            name: self.name.clone(),
            text: fill(Gap::Text(&self.text))?,
        })
    }
}

impl TemplateHeader {
    fn filled<'source>(
        &'source self,
        fill: &mut impl FnMut(Gap<'source>) -> Result<String, TemplateError>,
    ) -> Result<Self, TemplateError> {
        let mut media = |media: &'source Media| {
            let source = match &media.source {
                MediaSource::Url(url) => MediaSource::Url(fill(Gap::Code(url))?),
                MediaSource::Base64(data) => MediaSource::Base64(data.clone()),
            };
            Ok::<_, TemplateError>(Media {
                source,
                ..media.clone()
            })
        };
        Ok(match self {
            Self::Image(image) => Self::Image(media(image)?),
            Self::Video(video) => Self::Video(media(video)?),
            Self::Document(document) => Self::Document(media(document)?),
            Self::Text(parameter) => Self::Text(parameter.filled(fill)?),
        })
    }
}

impl TemplateButton {
    fn filled<'source>(
        &'source self,
        fill: &mut impl FnMut(Gap<'source>) -> Result<String, TemplateError>,
    ) -> Result<Self, TemplateError> {
        Ok(match self {
            Self::Url { index, text } => Self::Url {
                index: *index,
                text: fill(Gap::Code(text))?,
            },
            Self::QuickReply { index, payload } => Self::QuickReply {
                index: *index,
                payload: fill(Gap::Code(payload))?,
            },
            Self::CopyCode { index, code } => Self::CopyCode {
                index: *index,
                code: fill(Gap::Code(code))?,
            },
        })
    }
}

/// Lines become parts of one, so that a list of items can still be read.
fn one_line(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(value: Value) -> Template {
        serde_json::from_value(value).unwrap()
    }

    /// C1: an order fills the gaps, and a list of items becomes one line.
    #[test]
    fn gaps_are_filled_with_one_line_each() {
        let template = template(json!({
            "name": "pedido", "language": "pt_BR",
            "header": {"type": "image", "url": "https://loja.example/{{ order.id }}.jpg"},
            "parameters": [
                {"text": "{{ customer.name }}"},
                {"name": "itens", "text": "{% for item in items %}{{ item.quantity }}x\t {{ item.name }}\n{% endfor %}"},
                {"text": "{% if false %}x{% endif %}"},
            ],
            "buttons": [{"type": "url", "index": 0, "text": "p/{{ order.id }}"}],
        }));
        let context = json!({"order": {"id": "7"}, "customer": {"name": "Ana"}, "items": [
            {"quantity": "1", "name": "Pizza"}, {"quantity": "2", "name": "Suco"}]});
        let filled = template.filled(&mut Renderer::default(), &context).unwrap();
        let texts: Vec<&str> = filled
            .parameters
            .iter()
            .map(|parameter| parameter.text.as_str())
            .collect();
        assert_eq!(texts, ["Ana", "1x Pizza, 2x Suco", "-"]);
        assert_eq!(
            filled.buttons,
            [TemplateButton::Url {
                index: 0,
                text: "p/7".to_owned()
            }]
        );
        let Some(TemplateHeader::Image(image)) = filled.header else {
            panic!("no image")
        };
        assert_eq!(
            image.source,
            MediaSource::Url("https://loja.example/7.jpg".to_owned())
        );
    }

    /// O6: marks of names format no gap, and no address or code is changed.
    #[test]
    fn texts_are_escaped_and_codes_are_not() {
        let template = template(json!({
            "name": "p", "language": "pt_BR", "parameters": [{"text": "{{ code }}"}],
            "buttons": [{"type": "copy_code", "index": 0, "code": "{{ code }}"}],
        }));
        let context = json!({"code": "*_1_*"});
        let filled = template.filled(&mut Renderer::default(), &context).unwrap();
        assert_eq!(filled.parameters[0].text, "∗ˍ1ˍ∗");
        let code = "*_1_*".to_owned();
        assert_eq!(
            filled.buttons,
            [TemplateButton::CopyCode { index: 0, code }]
        );
    }

    /// O6: Meta takes one line per gap; what would have to be squeezed into one is refused when it is saved.
    #[test]
    fn what_fits_no_gap_is_noticed() {
        let of = |text: &str| {
            template(
                json!({"name": "p", "language": "pt_BR", "parameters": [{"text": "ok"}, {"text": text}]}),
            )
        };
        let sample = template::sample();
        let cases = [
            ("{{ customer.name }}", None),
            (
                "{{ order.table }}",
                Some("template line 1: \"order.table\" is not known for this order"),
            ),
            (
                "{{ items | itens }}",
                Some("\"{{ items | itens }}\" gives several lines"),
            ),
            (
                "a\t\t    b",
                Some("\"a b\" gives more than four blanks in a row"),
            ),
            ("{{ items | itens | linha(300) }}", None),
        ];
        for (text, problem) in cases {
            let found = of(text).check(sample, Names::Known);
            let same = match problem {
                Some(problem) => found
                    .as_deref()
                    .is_some_and(|found| found.starts_with(problem)),
                None => found.is_none(),
            };
            assert!(same, "{text}: {found:?}");
        }
    }

    /// O6: names that the sample lacks may be open; the other gaps are looked at all the same.
    #[test]
    fn an_open_name_keeps_no_other_gap_from_being_checked() {
        let of = |text: &str| {
            let parameters = json!([{"text": "{{ stars }}"}, {"text": text}]);
            let value = json!({"name": "p", "language": "pt_BR", "parameters": parameters});
            template(value).check(template::sample(), Names::Open)
        };
        assert_eq!(of("{{ customer.name }}"), None);
        let several = of("{{ items | itens }}");
        assert_eq!(
            several.as_deref(),
            Some("\"{{ items | itens }}\" gives several lines")
        );
        assert!(
            of("{{ stars }}{{ a | moedas }}").is_some_and(|found| found.contains("unknown filter"))
        );
    }

    #[test]
    fn a_gap_that_cannot_be_filled_is_an_error() {
        let template = template(
            json!({"name": "p", "language": "pt_BR", "parameters": [{"text": "{{ nobody }}"}]}),
        );
        assert!(
            template
                .filled(&mut Renderer::default(), &json!({}))
                .is_err()
        );
    }
}
