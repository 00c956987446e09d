mod escaping;
mod golden;
mod speed;
mod values;

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn order() -> Value {
    json!({
        "order": {"id": "7", "number": "1234", "total": "1234.56"},
        "customer": {"name": "ANA PAULA SOUZA", "phone": "11987654321"},
        "company": {"name": "Pizzaria do Zé"},
        "items": [
            {"name": "Pizza Margherita", "quantity": "2", "price": "45.00"},
            {"name": "Coca-Cola 2 L", "quantity": "1", "price": "12.90"},
            {"name": "Queijo (kg)", "quantity": "0.500", "price": "1131.66"},
        ],
    })
}

fn default_message(context: &Value) -> Result<String, TemplateError> {
    render(
        builtin("order_received", "customer", "pt-BR").expect("ships with zapgres"),
        context,
    )
}

/// O6: the default text names customer, order, items, total and company.
#[test]
fn default_message_reads_like_a_restaurant() {
    let expected = "\
Olá, Ana! Recebemos o seu pedido nº 1234. 😊

2x Pizza Margherita – R$ 45,00 cada
1x Coca-Cola 2 L – R$ 12,90
0,5x Queijo (kg) – R$ 1.131,66 cada

*Total: R$ 1.234,56*

Obrigado pela preferência!
Pizzaria do Zé";
    assert_eq!(default_message(&order()).unwrap(), expected);
}

#[test]
fn default_message_is_graceful_when_almost_everything_is_null_or_absent() {
    let expected = "Olá! Recebemos o seu pedido. 😊\n\nObrigado pela preferência!";
    let nulls = json!({
        "order": {"id": "7", "number": null, "total": null},
        "customer": {"name": null, "phone": null},
        "company": {"name": null},
        "items": [],
    });
    assert_eq!(default_message(&nulls).unwrap(), expected);
    assert_eq!(
        default_message(&json!({"order": {"id": "7"}})).unwrap(),
        expected
    );
    let nameless =
        json!({"order": {"id": "7", "total": null}, "items": [{"name": null, "price": null}]});
    assert_eq!(default_message(&nameless).unwrap(), expected);
    let null_objects = json!({"order": {}, "customer": null, "company": null, "items": null});
    assert_eq!(default_message(&null_objects).unwrap(), expected);
}

#[test]
fn default_message_leaves_out_what_an_item_does_not_have() {
    let context = json!({
        "order": {"number": 12, "total": "10"},
        "items": [
            {"name": "Taxa de entrega", "quantity": null, "price": "5"},
            {"name": null, "quantity": null, "price": null},
            {"quantity": "1"},
            {"name": "Brinde"},
        ],
    });
    let expected = "\
Olá! Recebemos o seu pedido nº 12. 😊

Taxa de entrega – R$ 5,00
Brinde

*Total: R$ 10,00*

Obrigado pela preferência!";
    assert_eq!(default_message(&context).unwrap(), expected);
}

#[test]
fn a_template_of_a_shop_may_list_200_items() {
    let item = json!({"name": "Pão", "quantity": "2.000", "price": "0.5"});
    let context = json!({"items": vec![item; 200]});
    let source = "{% for item in items %}{% if item.quantity %}\
        {{ item.quantity | quantidade }} {{ item.name | upper }} {{ item.price | moeda }}\n\
        {% endif %}{% endfor %}";
    let message = render(source, &context).unwrap();
    assert_eq!(
        message
            .lines()
            .filter(|line| *line == "2 PÃO R$ 0,50")
            .count(),
        200
    );
}

#[test]
fn undefined_names_are_reported_with_their_line() {
    let error = render("Olá\n{{ customer.nome }}", &order()).unwrap_err();
    assert_eq!(
        error,
        TemplateError::Undefined {
            line: 2,
            name: "customer.nome".to_owned(),
            nearest: Some("customer.name".to_owned()),
        }
    );
    assert_eq!(
        error.to_string(),
        "template line 2: \"customer.nome\" is not known for this order; did you mean \"customer.name\"?"
    );
    let cases = [
        ("{{ cliente }}", "cliente"),
        ("{{ cliente.name }}", "cliente.name"),
        ("{{ order.valor | moeda }}", "order.valor"),
        ("{%- if order.a.b | linha(3) %}x{% endif %}", "order.a.b"),
        ("{{ order.a.b }}", "order.a.b"),
        ("{{ order.x ~ 'é' }}", "order.x ~ 'é'"),
        ("{{ items[0].x }}", "items[0].x"),
        ("{% if order.paid %}x{% endif %}", "order.paid"),
        ("{% for x in order.lines %}{% endfor %}", "order.lines"),
        ("{{ order.valor | linha(3) }}", "order.valor"),
        ("{{ order.valor | primeiro_nome }}", "order.valor"),
    ];
    for (source, name) in cases {
        let error = render(source, &order()).unwrap_err();
        let TemplateError::Undefined {
            line: 1,
            name: found,
            ..
        } = error
        else {
            panic!("{source}: {error}")
        };
        assert_eq!(found, name, "{source}");
    }
}

#[test]
fn operations_on_undefined_names_show_them() {
    let error = render("{{ 1 + order.x }}", &order()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("template line 1: \"1 + order.x\" is not known for this order"),
        "{error}"
    );
}

#[test]
fn null_prints_nothing() {
    let context = json!({"a": null});
    assert_eq!(render("[{{ a }}]", &context).unwrap(), "[]");
    assert_eq!(
        render("[{{ a | linha(3) }}{{ a | primeiro_nome }}]", &context).unwrap(),
        "[]"
    );
}

#[test]
fn syntax_errors_are_reported_with_their_line() {
    for source in ["Olá\n{{ name", "Olá\n{% if x %}", "Olá\n{{ | }}"] {
        let error = check_syntax(source).unwrap_err();
        assert!(
            matches!(error, TemplateError::Syntax { line: 2, .. }),
            "{source:?}: {error}"
        );
        assert_eq!(render(source, &order()).unwrap_err(), error);
    }
    assert_eq!(
        check_syntax(builtin("order_received", "customer", "pt-BR").unwrap()),
        Ok(())
    );
}

#[test]
fn filters_refuse_what_is_no_number() {
    for filter in ["moeda", "quantidade"] {
        for value in [json!("dez"), json!("1,50"), json!(true), json!([1])] {
            let source = format!("Olá\n{{{{ v | {filter} }}}}");
            let error = render(&source, &json!({ "v": value })).unwrap_err();
            assert!(
                matches!(error, TemplateError::Value { line: 2, .. }),
                "{value}: {error}"
            );
            assert!(
                error.to_string().contains("needs a number such as 1234.56"),
                "{error}"
            );
        }
    }
    let error = render("{{ v | maiusculas }}", &json!({"v": 1})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template line 1: unknown filter: filter maiusculas is unknown, at \"v\""
    );
}

#[test]
fn numbers_of_a_context_are_formatted_like_decimal_texts() {
    let context = json!({"a": 5, "b": 12.5, "c": -0.005, "d": "0.10"});
    let source = "{{ a | moeda }} {{ b | moeda }} {{ c | moeda }} {{ d | quantidade }}";
    assert_eq!(
        render(source, &context).unwrap(),
        "R$ 5,00 R$ 12,50 -R$ 0,01 0,1"
    );
}

#[test]
fn first_names_are_shown_as_people_write_them() {
    let cases = [
        ("ana paula", "Ana"),
        ("JOÃO DA SILVA", "João"),
        ("DeAnna Lima", "DeAnna"),
        ("  érica\t", "Érica"),
        ("(Zé) 11 98765-4321", "Zé"),
        ("123 Maria", "Maria"),
        ("D'Ávila", "D'Ávila"),
        ("11987654321", ""),
        ("-", ""),
        ("", ""),
    ];
    for (name, expected) in cases {
        let rendered = render("<{{ n | primeiro_nome }}>", &json!({ "n": name })).unwrap();
        assert_eq!(rendered, format!("<{expected}>"), "{name:?}");
    }
}

#[test]
fn a_message_may_have_4096_characters_and_not_one_more() {
    let fits = "é".repeat(BODY_CAP_CHARACTERS);
    assert_eq!(render("{{ a }}", &json!({ "a": fits })).unwrap(), fits);
    assert_eq!(
        render("{{ a }}!", &json!({ "a": fits })),
        Err(TemplateError::TooLong)
    );
}

#[test]
fn endless_work_is_stopped() {
    let source =
        "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}";
    let context = json!({"x": vec![1; 1000]});
    assert_eq!(render(source, &context), Err(TemplateError::TooMuchWork));
}

#[test]
fn a_message_of_blanks_is_an_error() {
    assert_eq!(
        render(" {{ a }}\n", &json!({"a": "\u{7}"})),
        Err(TemplateError::Empty)
    );
}

#[test]
fn control_characters_and_direction_overrides_never_reach_the_message() {
    let hostile = "a\0b\x1b[31mc\r\nd\te\u{85}\u{9b}f\u{202e}g\u{2066}h\u{2028}i\u{feff}👨‍👩‍👧";
    let expected = "ab[31mc\nd efgh\ni👨‍👩‍👧";
    assert_eq!(
        render("{{ a | formatado }}", &json!({ "a": hostile })).unwrap(),
        expected
    );
    assert_eq!(render(hostile, &json!({})).unwrap(), expected);
}

fn any_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<String>().prop_map(Value::from),
        ".{0,300}".prop_map(Value::from)
    ]
}

fn any_amount() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (any::<i64>(), 0_u32..6).prop_map(|(units, scale)| {
            rust_decimal::Decimal::new(units, scale).to_string().into()
        }),
    ]
}

proptest! {
    /// Whatever an order holds, as long as amounts are decimals, the default message is sendable.
    #[test]
    fn default_message_always_renders(
        name in any_text(), number in any_text(), company in any_text(), total in any_amount(),
        items in prop::collection::vec((any_text(), any_amount(), any_amount()), 0..60),
    ) {
        let items: Vec<Value> = items
            .into_iter()
            .map(|(name, quantity, price)| json!({"name": name, "quantity": quantity, "price": price}))
            .collect();
        let context = json!({
            "order": {"number": number, "total": total}, "customer": {"name": name},
            "company": {"name": company}, "items": items,
        });
        let message = default_message(&context).unwrap();
        prop_assert!(message.chars().count() <= BODY_CAP_CHARACTERS);
        prop_assert!(message.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(message.starts_with("Olá"));
    }

    #[test]
    fn no_template_makes_it_panic(source in "[{}%|a-z. \\-\"\n()0-9]{0,60}") {
        let mut shown = String::new();
        if let Err(error) = render(&source, &order()) {
            write!(shown, "{error}").unwrap();
            prop_assert!(!shown.contains('\n'));
        }
    }
}

#[test]
fn a_text_is_never_taken_for_a_page() {
    let context = json!({"name": "João & <Filhos>"});
    let text = render("{{ name }}: loja.html", &context);
    assert_eq!(text.unwrap(), "João & <Filhos>: loja.html");
}

#[test]
fn one_renderer_serves_several_texts() {
    let mut renderer = Renderer::default();
    for (source, expected) in [("{{ n }}", "1"), ("{{ n }}!", "1!"), ("{{ n }}", "1")] {
        assert_eq!(renderer.render(source, &json!({"n": 1})).unwrap(), expected);
    }
    assert!(renderer.render("{{ n", &json!({})).is_err());
    assert!(renderer.render("{{ n", &json!({})).is_err());
}

/// O6: of a text about which it is not known yet what its orders have, all else is checked.
#[test]
fn what_only_other_orders_have_may_be_open() {
    let cases = [
        ("{{ stars }} {{ mesa.numero }}", None),
        ("{{ stars | primeiro_nome }}", None),
        (
            "{{ stars * 2 }}{% for one in guests %}{{ one.name }}{% endfor %}",
            None,
        ),
        (
            "{{ stars }}{{ customer.name | moedas }}",
            Some("template line 1: unknown filter"),
        ),
        ("{{ stars }}{% if", Some("template line 1: syntax error")),
        (
            "{{ customer.name | moeda }}",
            Some("template line 1: invalid operation"),
        ),
        (
            "{{ stars }}{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            Some("the template does too much"),
        ),
    ];
    for (source, problem) in cases {
        let found = check(source, sample(), Names::Open);
        match problem {
            None => assert_eq!(found, None, "{source}"),
            Some(problem) => {
                let found = found.unwrap_or_default();
                assert!(found.starts_with(problem), "{source}: {found}");
            }
        }
    }
    let long = format!("{{{{ stars }}}}{}", "a".repeat(5000));
    assert!(check(&long, sample(), Names::Open).is_some());
    assert!(check("{{ stars }}", sample(), Names::Known).is_some());
}
