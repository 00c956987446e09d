//! What each filter makes of its value.

use serde_json::{Value, json};

use super::super::*;

fn filtered(filter: &str, value: &Value) -> String {
    let text = render(&format!("<{{{{ v | {filter} }}}}>"), &json!({ "v": value }));
    text.unwrap_or_else(|error| format!("{error}"))
}

#[test]
fn null_gives_nothing() {
    for filter in [
        "moeda",
        "desconto",
        "quantidade",
        "plural('a', 'b')",
        "data",
        "hora",
        "telefone",
        "primeiro_nome",
        "itens",
        "linha(9)",
        "situacao",
        "modalidade",
        "pagamento",
        "formatado",
    ] {
        assert_eq!(filtered(filter, &Value::Null), "<>", "{filter}");
    }
}

#[test]
fn numbers_are_shown_as_brazilians_write_them() {
    let cases = [
        ("telefone", json!("+5511987654321"), "<(11) 98765-4321>"),
        ("telefone", json!("11 3456-7890"), "<(11) 3456-7890>"),
        ("telefone", json!(11_987_654_321_i64), "<(11) 98765-4321>"),
        ("telefone", json!("+1 415 555 2671"), "<+14155552671>"),
        ("telefone", json!("98765-4321"), "<98765-4321>"),
        ("telefone", json!("ligar *depois*"), "<ligar ∗depois∗>"),
        ("plural('item', 'itens')", json!(1), "<1 item>"),
        ("plural('item', 'itens')", json!("3.000"), "<3 itens>"),
        ("plural('item', 'itens')", json!(0), "<0 itens>"),
        ("plural('quilo', 'quilos')", json!("1.5"), "<1,5 quilo>"),
        ("plural('item', 'itens')", json!([1, 2]), "<2 itens>"),
        ("desconto", json!("5.00"), "<-R$ 5,00>"),
        ("desconto", json!("-5.00"), "<-R$ 5,00>"),
        ("desconto", json!("0.00"), "<>"),
        ("data", json!("2026-11-28T02:30:00+00:00"), "<27/11/2026>"),
        ("hora", json!("2026-11-28T02:30:00+00:00"), "<23:30>"),
        ("data", json!("2026-11-28"), "<28/11/2026>"),
        ("hora", json!("2026-11-28"), "<>"),
        ("situacao", json!("EM_PREPARO"), "<em preparo>"),
        ("situacao", json!("SaiuParaEntrega"), "<saiu para entrega>"),
        ("situacao", json!("Pronto!"), "<pronto!>"),
        ("situacao", json!(3), "<>"),
        (
            "modalidade",
            json!({"type": "Balcão", "address": null}),
            "<retirada>",
        ),
        (
            "modalidade",
            json!({"type": "DELIVERY", "address": null}),
            "<entrega>",
        ),
        (
            "modalidade",
            json!({"type": "Retirada no local", "address": null}),
            "<retirada>",
        ),
        (
            "modalidade",
            json!({"type": "dine-in", "address": "x"}),
            "<local>",
        ),
        (
            "modalidade",
            json!({"type": null, "address": "Rua A"}),
            "<entrega>",
        ),
        ("modalidade", json!({"type": 3, "address": "Rua A"}), "<>"),
        ("pagamento", json!("pix"), "<Pix>"),
        ("pagamento", json!("DINHEIRO"), "<Dinheiro>"),
        ("pagamento", json!("cash"), "<Dinheiro>"),
        ("pagamento", json!("VR"), "<Vale-refeição>"),
        ("pagamento", json!("va"), "<Vale-alimentação>"),
        ("pagamento", json!("cartao"), "<Cartão>"),
        ("pagamento", json!("Cartão"), "<Cartão>"),
        ("pagamento", json!("CREDIT_CARD"), "<Cartão de crédito>"),
        (
            "pagamento",
            json!("Cartão de Crédito"),
            "<Cartão de crédito>",
        ),
        ("pagamento", json!("cartao-debito"), "<Cartão de débito>"),
        ("pagamento", json!("debit"), "<Cartão de débito>"),
        ("pagamento", json!("valeRefeicao"), "<Vale-refeição>"),
        (
            "pagamento",
            json!("Na conta *da* mesa\n12"),
            "<Na conta ∗da∗ mesa 12>",
        ),
        ("pagamento", json!("cartao da loja"), "<cartao da loja>"),
        ("pagamento", json!(""), "<>"),
        ("pagamento", json!(3), "<3>"),
    ];
    for (filter, value, expected) in cases {
        assert_eq!(filtered(filter, &value), expected, "{filter} {value}");
    }
}

#[test]
fn what_is_no_time_is_said_to_be_none() {
    assert_eq!(
        filtered("hora", &json!("ontem")),
        "template line 1: invalid operation: hora needs a time such as 2026-11-28T19:05:00-03:00, not \"ontem\", at \"v\""
    );
}

#[test]
fn times_are_those_of_the_companys_clock() {
    let mut renderer = Renderer::default();
    let context = json!({"order": {"created_at": "2026-11-28T02:30:00+00:00"}});
    let source = "{{ order.created_at | data }} {{ order.created_at | hora }}";
    for (zone, expected) in [
        ("America/Manaus", "27/11/2026 22:30"),
        ("America/Noronha", "28/11/2026 00:30"),
    ] {
        renderer.set_timezone(Timezone::named(zone));
        assert_eq!(renderer.render(source, &context).unwrap(), expected);
        assert_eq!(
            renderer.render_unescaped(source, &context).unwrap(),
            expected
        );
    }
}

/// O6: a list reads well in any font.
#[test]
fn items_are_listed_with_what_belongs_to_them() {
    let items = json!([
        {"name": "Pizza grande", "quantity": "2.000", "price": "40", "total": "92.00", "flavors": ["Calabresa", {"name": "Portuguesa"}],
            "addons": [{"name": "Borda", "quantity": 1, "price": "6.00"}, {"name": "Bacon", "quantity": "2", "price": null}, "Orégano"],
            "notes": "bem\nassada"},
        "Guardanapo",
        {"name": "Suco", "quantity": "2 copos", "price": "12,90"},
        {"name": " ", "price": "1"},
        {"name": "Água", "quantity": "3", "price": "4.00"},
    ]);
    let expected = "\
<2x Pizza grande – R$ 92,00
   Calabresa / Portuguesa
   + Borda (R$ 6,00)
   + 2x Bacon
   + Orégano
   Obs.: bem assada
Guardanapo
2 copos Suco – 12,90
3x Água – R$ 4,00 cada>";
    assert_eq!(filtered("itens", &items), expected);
    assert_eq!(
        filtered("itens(1)", &json!(["a", "b", "c"])),
        "<a\n… e mais 2 itens>"
    );
    assert_eq!(filtered("itens", &json!([])), "<>");
}

#[test]
fn long_lists_are_summed_up() {
    let item = json!({"name": "Pão", "quantity": "1", "price": "1.00"});
    for (count, rest) in [
        (40, None),
        (41, Some("… e mais 1 item>")),
        (200, Some("… e mais 160 itens>")),
    ] {
        let list = filtered("itens", &Value::from(vec![item.clone(); count]));
        assert_eq!(
            list.lines()
                .filter(|line| line.contains("1x Pão – R$ 1,00"))
                .count(),
            40
        );
        assert_eq!(list.lines().last().filter(|line| line.contains("…")), rest);
    }
    let long = "Pizza grande meio a meio com borda recheada de catupiry ".repeat(3);
    let addons = vec![json!({"name": long, "price": "1234567.89"}); 50];
    let item = json!({"name": long, "quantity": "1000", "price": "1234567.89", "notes": long, "addons": addons, "flavors": addons});
    let list = filtered("itens", &Value::from(vec![item; 200]));
    assert!(list.chars().count() < 3100, "{}", list.chars().count());
    assert!(
        list.contains("e mais 38\n") && list.ends_with(" itens>"),
        "{list}"
    );
}

#[test]
fn misspelt_names_are_answered_with_the_nearest() {
    let context =
        json!({"order": {"table": 1}, "loyalty": {"points": 3}, "items": [{"name": "a"}]});
    let cases = [
        ("{{ order.numbr }}", Some("order.number")),
        ("{{ ordr.number }}", Some("order.number")),
        ("{{ costumer.name }}", Some("customer.name")),
        ("{{ order.tabel }}", Some("order.table")),
        ("{{ loyalty.point }}", Some("loyalty.points")),
        ("{{ itens }}", Some("items")),
        ("{{ cliente.nome }}", Some("customer.name")),
        ("{{ cliente.name }}", Some("customer.name")),
        ("{{ cliente }}", Some("customer")),
        ("{{ pedido.numero }}", Some("order.number")),
        ("{{ loja.telefone }}", Some("company.phone")),
        (
            "{% for item in items %}{{ item.nane }}{% endfor %}",
            Some("item.name"),
        ),
        (
            "{% for item in items %}{{ item.quantidade }}{% endfor %}",
            Some("item.quantity"),
        ),
        ("{{ zzz }}", None),
    ];
    for (source, expected) in cases {
        match render(source, &context) {
            Err(TemplateError::Undefined { nearest, .. }) => {
                assert_eq!(nearest.as_deref(), expected, "{source}");
            }
            other => panic!("{source}: {other:?}"),
        }
    }
    assert_eq!(
        check("{{ order.numbr }}", sample(), Names::Known).as_deref(),
        Some(
            "template line 1: \"order.numbr\" is not known for this order; did you mean \"order.number\"?"
        )
    );
    assert_eq!(check("{{ order.number }}", sample(), Names::Known), None);
}

/// O6: a text for every event, whoever reads it, in whatever language.
#[test]
fn every_event_has_a_text() {
    let changed = builtin("order_status_changed", "customer", "pt-BR");
    assert_eq!(builtin("order_status:em_rota", "customer", "pt"), changed);
    assert_eq!(builtin("ticket", "customer", "xx"), changed);
    assert_eq!(builtin("order_ready", "kitchen", "pt-PT"), None);
    assert_ne!(
        builtin("order_ready", "courier", "pt-BR"),
        builtin("order_ready", "shop", "pt-BR")
    );
}
