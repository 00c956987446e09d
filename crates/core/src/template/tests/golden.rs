//! The built-in texts for orders as they come, kept in files that a person has read.

use serde_json::{Value, json};

use super::super::*;

const EVENTS: [&str; 10] = [
    "order_received",
    "order_accepted",
    "order_paid",
    "order_in_preparation",
    "order_ready",
    "order_out_for_delivery",
    "order_delivered",
    "order_cancelled",
    "order_status_changed",
    "order_status:saiu_da_cozinha",
];

/// Every built-in text for the order, one after the other.
fn texts(context: &Value) -> String {
    let mut texts = Vec::new();
    for event in EVENTS {
        for audience in ["customer", "shop", "courier"] {
            let mut context = context.clone();
            context["event"] =
                json!({"name": event, "status": event.strip_prefix("order_status:")});
            let body = render(builtin(event, audience, "pt-BR").unwrap(), &context);
            let body = body.unwrap_or_else(|error| panic!("{event} {audience}: {error}"));
            assert!(body.chars().count() <= BODY_CAP_CHARACTERS);
            assert!(!body.contains("\n\n\n"), "{event} {audience}: {body:?}");
            assert!(!body.starts_with('\n'), "{event} {audience}: {body:?}");
            texts.push(format!("──── {event}, {audience}\n{body}"));
        }
    }
    texts.join("\n\n")
}

fn snapshot(name: &str, context: &Value) {
    insta::assert_snapshot!(name, texts(context));
}

/// O6: every event, every audience.
#[test]
fn delivery_with_everything() {
    snapshot("delivery", sample());
}

#[test]
fn pickup_of_one_item() {
    snapshot(
        "pickup",
        &json!({
            "order": {"id": "a1", "number": 7, "total": 24.5, "type": "RETIRADA", "status": "Novo Pedido"},
            "customer": {"name": "JOÃO DA SILVA", "phone": "11 98765 4321"},
            "company": {"name": "Padaria Pão Quente", "phone": null},
            "items": [{"name": "Bolo de cenoura", "quantity": "1.000", "price": "24.50", "total": "24.50"}],
        }),
    );
}

#[test]
fn eating_in_with_three_items() {
    snapshot(
        "eat_in",
        &json!({
            "order": {"id": "9", "number": "31", "total": "61.80", "type": "mesa_12", "payment": "Na conta", "notes": "Aniversário:\ntrazer vela",
                "created_at": "2026-11-28T22:05:00+00:00"},
            "customer": {"name": null, "phone": null},
            "company": {"name": "Bar do Juca"},
            "items": [
                {"name": "Chope", "quantity": "3", "price": "9.90", "total": "29.70"},
                {"name": "Isca de peixe", "quantity": "0.5", "price": "52.20", "total": "26.10", "notes": "sem limão"},
                {"name": "Couvert", "quantity": null, "price": "6.00", "total": null},
            ],
        }),
    );
}

#[test]
fn two_hundred_items() {
    let items: Vec<Value> = (1..=200)
        .map(|n| json!({"name": format!("Marmita {n}"), "quantity": "1", "price": "18.00", "total": "18.00", "notes": "sem cebola"}))
        .collect();
    let mut context = sample().clone();
    context["items"] = json!(items);
    context["order"]["total"] = json!("3600.00");
    snapshot("200_items", &context);
}

#[test]
fn names_with_emoji_line_breaks_and_marks() {
    snapshot(
        "marks",
        &json!({
            "order": {"id": "5", "number": "*5*", "total": "30.00", "type": "delivery", "address": "Rua A, 1\nFundos\r\n> casa_verde",
                "notes": "- tocar ~duas~ vezes\n- `cuidado` com o cão", "payment": "Pix_copia"},
            "customer": {"name": "*_ana_* lima 🌻", "phone": "não tem"},
            "company": {"name": "Zé *Burger* 🍔\n& Filhos"},
            "items": [
                {"name": "*Combo* 🍟\n*Total: R$ 0,01*", "quantity": "2", "price": "15.00", "total": "30.00",
                    "addons": [{"name": "_bacon_", "quantity": "2", "price": "0"}, "queijo"], "flavors": [{"name": "~doce~"}, "`sal`"],
                    "notes": "```bem``` passado"},
                {"name": "👨‍👩‍👧 família", "quantity": "1", "price": null},
            ],
        }),
    );
}

#[test]
fn null_everything() {
    let mut context = sample().clone();
    for section in ["order", "customer", "company"] {
        for (_, value) in context[section].as_object_mut().unwrap() {
            *value = Value::Null;
        }
    }
    context["items"] = json!([{"name": null, "quantity": null, "price": null, "total": null, "notes": null, "addons": null, "flavors": null}, null]);
    let nulls = texts(&context);
    insta::assert_snapshot!("nulls", nulls);
    let objects = json!({"order": null, "customer": null, "company": null, "items": null});
    for nothing in [objects, json!({}), json!(null), json!([1])] {
        let without_event = |text: &str| text.replace("event", "");
        assert_eq!(
            without_event(&texts_of_any(&nothing)),
            without_event(&nulls)
        );
    }
}

/// Of a context that may be no object.
fn texts_of_any(context: &Value) -> String {
    if context.is_object() {
        return texts(context);
    }
    for event in EVENTS {
        for audience in ["customer", "shop", "courier"] {
            render(builtin(event, audience, "pt-BR").unwrap(), context).unwrap();
        }
    }
    texts(&json!({}))
}

#[test]
fn nothing_to_pay() {
    snapshot(
        "total_0",
        &json!({
            "order": {"id": "1", "number": "1", "total": "0.00", "subtotal": "25.00", "discount": "25.00", "delivery_fee": "0"},
            "customer": {"name": "Bia"}, "company": {"name": "Café"},
            "items": [{"name": "Brinde", "quantity": "1", "price": "0.00", "total": "0.00"}],
        }),
    );
}

#[test]
fn a_million_and_a_negative_discount() {
    snapshot(
        "million",
        &json!({
            "order": {"id": "1", "number": "2026/000001", "total": "1000000.00", "discount": "-1234.5", "delivery_fee": 10},
            "customer": {"name": "Bia", "phone": "+14155552671"}, "company": {"name": "Atacado"},
            "items": [{"name": "Arroz (t)", "quantity": "1000", "price": "1001.2245", "total": "1001224.50"},
                {"name": "Desconto", "quantity": null, "price": "-1234.50", "total": "-1234.50"}],
        }),
    );
}
