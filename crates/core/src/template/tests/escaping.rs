//! What a context holds does not format the message.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;

fn shown(value: &str) -> String {
    render("{{ a }}", &json!({ "a": value })).unwrap()
}

/// O6: marks of names are shown, and mean nothing.
#[test]
fn marks_become_what_looks_like_them() {
    let cases = [
        ("*negrito*", "∗negrito∗"),
        ("_itálico_ e ~riscado~", "ˍitálicoˍ e ∼riscado∼"),
        ("```código```", "ˋˋˋcódigoˋˋˋ"),
        ("a * b", "a ∗ b"),
        ("2*3*4", "2*3*4"),
        (
            "https://l.example/a_b/c~d?e=*",
            "https://l.example/a_b/c~d?e=∗",
        ),
        ("joao_silva@l.example", "joao_silva@l.example"),
        ("> citação", "› citação"),
        (" - lista", " – lista"),
        ("* lista", "∗ lista"),
        ("-", "–"),
        (">", "›"),
        ("-5", "-5"),
        ("->", "->"),
        ("a - b > c", "a - b > c"),
        ("uma\nlinha\r\nsó\u{2028}aqui", "uma linha só aqui"),
        ("\u{202e}- x", "– x"),
        ("*\u{200b}x\u{2060}*", "∗x∗"),
        ("João & <Filhos> \"1\" 🍕", "João & <Filhos> \"1\" 🍕"),
    ];
    for (value, expected) in cases {
        assert_eq!(shown(value), expected, "{value:?}");
    }
}

#[test]
fn the_templates_own_marks_format() {
    let source = "*Olá* {{ a }}\n> _sim_\n{% set b %}*{{ a }}*{% endset %}{{ b }}";
    let text = render(source, &json!({"a": "*x*"})).unwrap();
    assert_eq!(text, "*Olá* ∗x∗\n> _sim_\n*∗x∗*");
}

#[test]
fn a_template_may_let_a_text_format() {
    let context = json!({"a": "*x*\n- y\0\u{202e}", "n": null});
    for filter in ["formatado", "safe"] {
        let source = format!("{{{{ a | {filter} }}}}");
        assert_eq!(render(&source, &context).unwrap(), "*x*\n- y");
    }
    assert_eq!(render("[{{ n | formatado }}]", &context).unwrap(), "[]");
}

#[test]
fn lists_that_are_printed_as_they_are_format_nothing_either() {
    let text = render("{{ a }}", &json!({"a": ["*x*", {"b": "_y_"}]})).unwrap();
    assert!(!text.contains(['*', '_']), "{text}");
}

#[test]
fn addresses_and_codes_keep_their_marks() {
    let mut renderer = Renderer::default();
    let context = json!({"code": "*-_~`"});
    let text = renderer.render_unescaped("https://l.example/{{ code }}", &context);
    assert_eq!(text.unwrap(), "https://l.example/*-_~`");
    assert_eq!(renderer.render("{{ code }}", &context).unwrap(), "∗-ˍ∼ˋ");
}

#[test]
fn there_is_no_escaping_for_web_pages() {
    for filter in ["e", "escape"] {
        let source = format!("{{{{ 'a' | {filter} }}}}");
        assert!(render(&source, &json!({})).is_err());
    }
}

/// A mark that stands where WhatsApp looks for one.
fn counts(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let word = |at: Option<usize>| {
        at.and_then(|at| characters.get(at))
            .is_some_and(char::is_ascii_alphanumeric)
    };
    let marked = characters.iter().enumerate().any(|(at, c)| match c {
        '`' => true,
        '*' | '_' | '~' => !(word(at.checked_sub(1)) && word(Some(at + 1))),
        _ => false,
    });
    let line = text.trim_start_matches(' ');
    marked
        || ["- ", "> ", "* "].iter().any(|mark| line.starts_with(mark))
        || matches!(line, "-" | ">" | "*")
}

fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn any_user_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[*_~`>\\- \\n\\t\\r\\x00\\u{202e}\\u{200b}\\u{2028}ab1é😊]{0,20}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_user_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let names = prop_oneof![
            "[a-z]{1,4}",
            Just("order".to_owned()),
            Just("items".to_owned()),
            Just("customer".to_owned()),
            Just("name".to_owned()),
            Just("total".to_owned()),
            Just("addons".to_owned()),
            Just("quantity".to_owned()),
            Just("address".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// O6: no text of a context formats the message or hides in it.
    #[test]
    fn no_mark_of_a_text_counts(text in any_user_text()) {
        match render("{{ a }}", &json!({ "a": text })) {
            Ok(body) => {
                prop_assert!(!counts(&body), "{body:?}");
                prop_assert!(!body.chars().any(is_control), "{body:?}");
            }
            Err(error) => prop_assert_eq!(error, TemplateError::Empty),
        }
    }

    /// O6: any context with any built-in text: a message that can be sent, or an error in one line.
    #[test]
    fn any_context_is_survived(
        context in any_json(), audience in prop::sample::select(vec!["customer", "shop", "courier"]),
        event in prop::sample::select(vec!["order_received", "order_ready", "order_paid", "order_status_changed"]),
    ) {
        match render(builtin(event, audience, "pt-BR").unwrap(), &context) {
            Ok(body) => {
                prop_assert!(body.chars().count() <= BODY_CAP_CHARACTERS);
                prop_assert!(!body.chars().any(|c| c != '\n' && is_control(c)), "{body:?}");
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }

    /// O6: any template over any context: a message that can be sent, or an error in one line.
    #[test]
    fn any_template_is_survived(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{{ order.name }}", "{{ items | itens }}", "{{ items | itens(3) }}", "{% for i in items %}", "{% endfor %}", "{{ i.name }}",
            "{{ order.total | moeda }}", "{{ order.total | plural('a', 'b') }}", "{{ order | modalidade }}", "{{ customer.name | telefone }}",
            "{{ customer.name | data }}", "{{ customer.name | hora }}", "{{ a | situacao }}", "{% if order.total is zero %}", "{% endif %}",
            "{{ items | length }}", "{{ order.address | linha(3) }}", "{{ customer.name * 5000 }}", "{{ order }}", "\u{0}*x*\n", "{{", "%}",
            "{% set order = items %}", "{{ items[0].addons | itens }}", "{{ a | primeiro_nome }}", "{{ range(99999) }}",
        ]), 0..12),
        context in any_json(),
    ) {
        match render(&pieces.concat(), &context) {
            Ok(body) => {
                prop_assert!(body.chars().count() <= BODY_CAP_CHARACTERS);
                prop_assert!(!body.chars().any(|c| c != '\n' && is_control(c)), "{body:?}");
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
}
