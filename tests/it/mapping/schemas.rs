//! Eight schemas: three from the wild, five with other combinations of names, keys and places.

use super::golden;
use super::schema::{Schema, Shop, Transactions, assert_understood};
use crate::wait;

macro_rules! schema {
    ($name:literal, $attach:literal) => {
        Schema {
            name: $name,
            tables: include_str!(concat!("schemas/", $name, ".sql")),
            orders: include_str!(concat!("schemas/", $name, ".orders.sql")),
            attach: $attach,
        }
    };
}

/// O16: add-ons in rows, the delivery fee as an item, 1, 3 and 200 items, nulls, 0, a million, emoji and line breaks.
#[tokio::test]
async fn a_delivery_in_pieces() {
    let company = "11111111-1111-1111-1111-111111111111";
    assert_understood(&schema!("a", ""), &[company], 3).await;
}

/// O16: snapshots, flavours, a filled crust, enums, no line totals.
#[tokio::test]
async fn a_pizzeria_with_snapshots() {
    assert_understood(&schema!("b", ""), &["default"], 1).await;
}

/// O16: no phone: the shop is told, here when an order is paid.
#[tokio::test]
async fn a_totem_without_phones() {
    let schema = schema!("c", "");
    let company = "22222222-2222-2222-2222-222222222222";
    for transactions in [Transactions::One, Transactions::Each] {
        let shop = Shop::open(&schema, &[company]).await;
        let audiences = "select name, recipient, enabled from zap.audience order by name";
        let expected = [
            ["customer", "null", "f"],
            ["shop", "{{ company.phone }}", "t"],
        ];
        assert_eq!(shop.session.rows(audiences).await, expected);
        shop.session
            .run(&format!(
                "select zap.detach('pedido_itens');
                 select zap.attach_status('pedidos', 'status', zap.propose_status('pedidos', 'status'));
                 update zap.tenant set phone = '+5511900001111' where id = '{company}'"
            ))
            .await;
        let events = "select events from zap.source where captures = 'status'";
        let expected = r#"{"pago": "order_paid", "pronto": "order_ready", "entregue": "order_delivered", "cancelado": "order_cancelled", "em_preparo": "order_in_preparation"}"#;
        assert_eq!(shop.session.value(events).await, expected);
        shop.order(&schema, transactions).await;
        golden::assert_same("c.contexts.txt", &shop.contexts().await);
        golden::assert_same("c.messages.txt", &shop.texts(1).await.concat());
        let recipient = "select recipient from zap.notification_queue where status = 'sent'";
        wait::until("it is sent", async || {
            !shop.session.column(recipient).await.is_empty()
        })
        .await;
        assert_eq!(shop.session.column(recipient).await, ["+5511900001111"]);
    }
}

/// O16: English, quoted camelCase, cents, a negative discount.
#[tokio::test]
async fn english_and_camel_case() {
    assert_understood(&schema!("d", "select zap.attach('order_items')"), &["5"], 1).await;
}

/// O16: keys of text, a partitioned order table, customers and products by join.
#[tokio::test]
async fn sales_that_are_partitioned() {
    assert_understood(
        &schema!("e", "select zap.attach('itens_pedido')"),
        &["default"],
        1,
    )
    .await;
}

/// O16: items, add-ons and flavours as JSON on the order.
#[tokio::test]
async fn items_as_json() {
    assert_understood(
        &schema!("f", "select zap.attach('pedido')"),
        &["default"],
        1,
    )
    .await;
}

/// O16: prefixes, a view, no foreign keys.
#[tokio::test]
async fn prefixes_without_foreign_keys() {
    assert_understood(
        &schema!("g", "select zap.attach('tb_itens')"),
        &["default"],
        1,
    )
    .await;
}

/// O16: composite keys per branch, a total that is made of its parts.
#[tokio::test]
async fn branches_with_their_own_numbers() {
    assert_understood(
        &schema!("h", "select zap.attach('itens_pedido')"),
        &["1", "2"],
        2,
    )
    .await;
}
