//! One event, several who are told.

use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::delivery::stand::Stand;
use crate::sandbox::text;
use crate::wait;

/// A stand whose messages say whom they are for.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "update zap.template set body = 'cliente {{ order.id }}';
             insert into zap.template (event, audience, body) values ('order_received', 'shop', 'loja {{ order.id }}');
             update zap.tenant set phone = '(21) 99876-5432' where id = '1'",
        )
        .await;
    stand
}

/// The texts that the sandbox accepted, with the numbers they went to, sorted.
async fn arrived(stand: &Stand) -> Vec<(String, String)> {
    let messages = stand.provider.messages().await;
    let of_message = |message| (text(message, "text"), text(message, "number"));
    let mut arrived: Vec<_> = messages.iter().map(of_message).collect();
    arrived.sort();
    arrived
}

/// Waits until these texts, and no others, have arrived, in whichever order.
async fn until_arrived(stand: &Stand, texts: &[&str]) {
    wait::until(&format!("{texts:?} are accepted"), async || {
        let arrived = arrived(stand).await;
        arrived.iter().map(|(body, _)| body).eq(texts)
    })
    .await;
}

fn pair(body: &str, number: &str) -> (String, String) {
    (body.to_owned(), number.to_owned())
}

/// O6: the shop is told beside the customer, once each, on its own number and with its own text.
#[tokio::test]
async fn customer_and_shop_are_told() {
    let stand = open().await;
    stand
        .session
        .run("select zap.tell('pedido_itens', 'shop', '{{ company.phone }}')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted_count(2).await;
    stand.until_done().await;
    let expected = [
        pair("cliente 1", "5511987654321"),
        pair("loja 1", "5521998765432"),
    ];
    assert_eq!(arrived(&stand).await, expected);
    let keys = "select q.dedup_key, p.subject, q.status, q.payload ->> 'audience'
         from zap.notification_queue as q left join zap.notification_queue as p on q.parent_id = p.id order by q.id";
    assert_eq!(
        stand.session.rows(keys).await,
        [
            ["order_received:1", "null", "sent", "null"],
            ["@shop:order_received:1", "1", "sent", "shop"]
        ]
    );
    let told = "select code, detail from zap.notification_logs where event = 'told'";
    assert_eq!(stand.session.rows(told).await, [["told", "shop"]]);
}

/// O6: the shop hears of an order whose customer has no number; and the customer of one that the shop's text fails for.
#[tokio::test]
async fn an_obstacle_of_one_does_not_keep_the_other_from_being_told() {
    let stand = open().await;
    stand
        .session
        .run(
            "select zap.tell('pedido_itens', 'shop', '{{ company.phone }}');
             update zap.template set body = '{{ 1 // order.total | int if order.id == \"2\" else order.id }}'
             where audience = 'shop'",
        )
        .await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(
            "begin;
             insert into pedidos (id, empresa_id, total) values (1, 1, 45);
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario) values (1, 'X', 1, 45);
             insert into pedidos (id, empresa_id, telefone, total) values (2, 1, '11987654321', 0);
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario) values (2, 'X', 1, 0);
             commit",
        )
        .await;
    stand.until_accepted_count(2).await;
    let expected = [
        pair("1", "5521998765432"),
        pair("cliente 2", "5511987654321"),
    ];
    assert_eq!(arrived(&stand).await, expected);
    let waits = "select status, reason from zap.notification_queue where dedup_key = '@shop:order_received:2'";
    stand
        .until_rows(waits, &[&["pending", "template_error"]])
        .await;
    let skipped =
        "select status, reason from zap.notification_queue where dedup_key = 'order_received:1'";
    assert_eq!(stand.session.rows(skipped).await, [["skipped", "no_phone"]]);
}

/// O6, O16: where only the shop is to be told, the customer is not.
#[tokio::test]
async fn only_the_shop_is_told_where_the_source_says_so() {
    let stand = open().await;
    stand
        .session
        .run(
            "select zap.tell('pedido_itens', 'customer', enabled => false);
             select zap.tell('pedido_itens', 'shop', '+55 21 99876-5432')",
        )
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted_count(1).await;
    stand.until_done().await;
    assert_eq!(arrived(&stand).await, [pair("loja 1", "5521998765432")]);
    let nobody = "select zap.tell('pedido_itens', 'shop', enabled => false)";
    stand.session.run(nobody).await;
    stand.place([2]).await;
    assert_eq!(stand.until_status(2, "skipped").await, "no_audience");
}

/// O6, O16: whoever announces the same in a transaction that stays open delays nobody else, and loses nothing.
#[tokio::test]
async fn an_open_transaction_that_tells_one_of_them_delays_nobody_else() {
    let stand = open().await;
    stand
        .session
        .run("select zap.tell('pedido_itens', 'shop', '{{ company.phone }}')")
        .await;
    let application = stand.database.session().await;
    application
        .run("begin; select zap.notify('order_received', '1', audience => 'shop')")
        .await;
    stand.place([1, 2]).await;
    let _daemon = stand.daemon();
    until_arrived(&stand, &["cliente 2", "loja 2"]).await;
    let waits =
        "select status, reason from zap.notification_queue where dedup_key = 'order_received:1'";
    stand
        .until_rows(waits, &[&["pending", "write_error"]])
        .await;
    application.run("commit").await;
    until_arrived(&stand, &["cliente 1", "cliente 2", "loja 1", "loja 2"]).await;
    stand.until_done().await;
}

/// O16: a notification of somebody else that cannot be written keeps no other order from being told.
#[tokio::test]
async fn one_who_cannot_be_written_delays_nobody_else() {
    let stand = open().await;
    // With an audience in its key it is longer than an index takes.
    stand
        .session
        .run(
            "select zap.tell('pedido_itens', 'shop', '{{ company.phone }}');
             insert into zap.notification_queue (source_id, event, subject, dedup_key, payload)
             select s.id, 'order_received', k.subject, 'order_received:' || k.subject,
                 '{\"context\": {\"order\": {\"id\": 3}}, \"recipient\": \"11987654321\", \"tenant\": \"1\"}'
             from zap.source as s,
                 (select left(string_agg(md5(g::text), ''), 2668) as subject from generate_series(1, 90) as g) as k",
        )
        .await;
    stand.place([2]).await;
    let _daemon = stand.daemon();
    until_arrived(&stand, &["cliente 2", "loja 2"]).await;
    let waits = "select status, reason, last_error like 'index row size%' from zap.notification_queue where length(subject) > 99";
    stand
        .until_rows(waits, &[&["pending", "write_error", "t"]])
        .await;
}

/// O6, A3: a daemon that is killed in the middle tells each of them once all the same.
#[tokio::test]
async fn each_is_told_once_whatever_is_killed() {
    let stand = open().await;
    stand
        .session
        .run(
            "select zap.tell('pedido_itens', 'shop', '{{ company.phone }}');
             select zap.tell('pedido_itens', 'courier', '+55 21 97777-6666');
             select zap.pause_channel('channel_1')",
        )
        .await;
    stand.place(1..=60).await;
    let told = "select count(*) from zap.notification_queue where resolved_at is not null";
    let start = || {
        Daemon::start(
            &stand.database,
            &["--sweep-interval", "0", "--claim-batch", "4"],
        )
    };
    for enough in [1, 40, 90] {
        let daemon = start();
        wait::until(&format!("{enough} are looked at"), async || {
            stand.session.count(told).await >= enough
        })
        .await;
        daemon.kill();
    }
    let _daemon = start();
    stand.until_rows(told, &[&["180"]]).await;
    let by_audience = "select coalesce(payload ->> 'audience', 'customer'), count(*), count(distinct subject), count(parent_id)
         from zap.notification_queue group by 1 order by 1";
    assert_eq!(
        stand.session.rows(by_audience).await,
        [
            ["courier", "60", "60", "60"],
            ["customer", "60", "60", "0"],
            ["shop", "60", "60", "60"]
        ]
    );
}

/// O6: a key that ends like an audience's name is another order's: both are told, whichever comes first.
#[tokio::test]
async fn an_orders_key_may_look_like_an_audience() {
    let stand = open().await;
    let session = &stand.session;
    session
        .run(
            "create table vendas (codigo text primary key, telefone text);
             create table itens_venda (id bigserial primary key, codigo text references vendas, descricao text);
             create index on itens_venda (codigo);
             select zap.attach('itens_venda', event => 'sale', settle => '0');
             select zap.tell('itens_venda', 'shop', '+55 21 99876-5432');
             insert into zap.template (event, audience, body)
             values ('sale', 'customer', 'cliente {{ order.id }}'), ('sale', 'shop', 'loja {{ order.id }}')",
        )
        .await;
    stand.add_channel("default").await;
    let sell = async |key: &str| {
        let sale = format!(
            "begin; insert into vendas values ('{key}', '11987654321');
             insert into itens_venda (codigo, descricao) values ('{key}', 'X'); commit"
        );
        session.run(&sale).await;
    };
    sell("a").await;
    sell("b:shop").await;
    let _daemon = stand.daemon();
    until_arrived(
        &stand,
        &["cliente a", "cliente b:shop", "loja a", "loja b:shop"],
    )
    .await;
    sell("a:shop").await;
    sell("b").await;
    let all = ["a", "a:shop", "b", "b:shop"];
    let all = ["cliente", "loja"].map(|whom| all.map(|key| format!("{whom} {key}")));
    let all: Vec<&str> = all.iter().flatten().map(String::as_str).collect();
    until_arrived(&stand, &all).await;
}

/// O7: bad input is one line with a remedy.
#[tokio::test]
async fn what_nobody_can_be_told_by_is_refused() {
    let stand = open().await;
    for (call, message) in [
        (
            "zap.tell('nada', 'shop', '{{ company.phone }}')",
            "zap: there is no source nada",
        ),
        (
            "zap.tell('pedido_itens', 'The Shop', '1')",
            "zap.tell: The Shop is not a name",
        ),
        (
            "zap.tell('pedido_itens', 'shop')",
            "zap.tell: the audience shop has no recipient",
        ),
        (
            "zap.tell('pedido_itens', 'shop', 'company.phone')",
            "zap.tell: the recipient is neither a number nor a text such as {{ company.phone }}",
        ),
    ] {
        let error = stand.session.error(&format!("select {call}")).await;
        assert_eq!(error.message(), message);
        assert!(error.hint().is_some(), "{call}");
    }
}

/// O7: a name that orders usually do not have is saved, and said.
#[tokio::test]
async fn a_doubtful_recipient_is_named() {
    let stand = open().await;
    stand
        .session
        .run("select zap.tell('pedido_itens', 'shop', '{{ company.fone }}')")
        .await;
    let notices = stand.session.notices().await;
    let said = |text: &str| notices.iter().any(|notice| notice.message().contains(text));
    assert!(said("company.fone") && said("company.phone"), "{notices:?}");
}
