//! What a preview says is what is sent.

use crate::cluster::plain;
use crate::daemon::succeed;
use crate::delivery::stand::Stand;
use crate::sandbox::text;

/// A stand with the built-in texts, a second audience, and a company with a name, a zone and a text of its own.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "delete from zap.template;
             update zap.tenant set name = 'Zé *Burger*', phone = '21 99876-5432', timezone = 'America/Manaus' where id = '1';
             select zap.tell('pedido_itens', 'shop', '{{ company.phone }}');
             insert into zap.tenant (id) values ('2')",
        )
        .await;
    stand.add_channel("2").await;
    let own = "select zap.save_template('order_received', 'Empresa {{ company.name }}: {{ order.created_at | hora }}', tenant => '2')";
    stand.session.run(own).await;
    stand
}

/// The previewed messages of an order: number, text and version.
async fn previewed(stand: &Stand, order: &str) -> Vec<Vec<String>> {
    let query = format!(
        "select ltrim(p.recipient, '+'), p.body, p.template_version from zap.preview('{order}') as p where p.code is null order by 1"
    );
    stand.session.rows(&query).await
}

/// O6, B5: to the letter, for each audience and company, with names that would format the message.
#[tokio::test]
async fn a_preview_is_what_arrives() {
    let stand = open().await;
    stand
        .session
        .run(
            "begin;
             insert into pedidos (id, empresa_id, nome, telefone, total) values (1, 1, '*ana*', '(11) 98765-4321', 1234.5), (2, 2, 'Rui', '11912345678', 0);
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
             values (1, E'Combo\n_feliz_ 🍟', 2, 22.5), (2, 'X', 1, 0);
             commit",
        )
        .await;
    let mut expected = Vec::new();
    for order in ["1", "2"] {
        expected.extend(previewed(&stand, order).await);
    }
    assert_eq!(expected.len(), 3, "{expected:?}");
    let queued = "select count(*) from zap.notification_queue where resolved_at is not null";
    assert_eq!(stand.session.count(queued).await, 0);
    let _daemon = stand.daemon();
    stand.until_accepted_count(3).await;
    stand.until_done().await;
    let mut arrived = Vec::new();
    for message in stand.provider.messages().await {
        arrived.push((text(&message, "number"), text(&message, "text")));
    }
    arrived.sort();
    let mut promised: Vec<_> = expected
        .iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    promised.sort();
    assert_eq!(arrived, promised);
    let versions = "select ltrim(recipient, '+'), body, template_version from zap.notification_queue where status = 'sent' order by 1, 2";
    let mut kept = stand.session.rows(versions).await;
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
}

/// O6, B5: every event of an order, to each of three audiences, with a company's own area code, zone and name.
#[tokio::test]
async fn a_preview_of_every_event_is_what_arrives() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "delete from zap.template;
         update zap.tenant set name = 'Bar d''Água ~24h~', phone = '98888-7777', timezone = 'America/Noronha', default_area_code = '81'
         where id = '1';
         select zap.tell('pedido_itens', 'shop', '{{ company.phone }}');
         select zap.tell('pedido_itens', 'courier', '+55 81 97777-6666');
         begin;
         insert into pedidos (id, empresa_id, nome, telefone, total) values (1, 1, E'MARIA\n_da_ Silva', '91234-5678', 0.1);
         insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         values (1, '2*3 > 5 👩‍🍳', 1, 0.1), (1, 'Pão *na* chapa', 3, 0);
         commit",
    )
    .await;
    let events = [
        "order_received",
        "order_accepted",
        "order_paid",
        "order_in_preparation",
        "order_ready",
        "order_out_for_delivery",
        "order_delivered",
        "order_cancelled",
        "order_status_changed",
        "order_status:na_rua",
    ];
    let mut promised = Vec::new();
    for event in events {
        promised.extend(
            s.rows(&format!(
                "select right(recipient, 8), body from zap.preview('1', event => '{event}')"
            ))
            .await,
        );
        s.run(&format!("select zap.notify('{event}', '1')")).await;
    }
    let _daemon = stand.daemon();
    stand.until_accepted_count(3 * events.len()).await;
    let messages = stand.provider.messages().await;
    // Some of Brazil's numbers have no ninth digit on WhatsApp.
    let number = |message| {
        text(message, "number").split_off(4 + usize::from(text(message, "number").len() > 12))
    };
    let of_message = |message| vec![number(message), text(message, "text")];
    let mut arrived: Vec<_> = messages.iter().map(of_message).collect();
    arrived.sort();
    promised.sort();
    assert_eq!(arrived, promised);
}

/// B5: a text is tried before it is saved, another event before it happens; nothing is queued.
#[tokio::test]
async fn a_preview_takes_another_text_and_another_event() {
    let stand = open().await;
    stand.place([1]).await;
    let before = stand
        .session
        .value("select count(*) from zap.notification_queue")
        .await;
    let cases = [
        (
            "'1', audience => 'customer', body => 'Nº {{ order.number }}'",
            "Nº 1",
        ),
        (
            "'1', audience => 'customer', event => 'order_status:em_rota'",
            "Ana, novidade sobre o seu pedido nº 1: *em rota*.\n\nZé ∗Burger∗",
        ),
        (
            "'1', audience => 'customer', tenant => '2', body => '{{ company.name }}'",
            "Lanches",
        ),
    ];
    for (arguments, body) in &cases[..2] {
        let found = stand
            .session
            .value(&format!("select body from zap.preview({arguments})"))
            .await;
        assert_eq!(found, *body, "{arguments}");
    }
    let (arguments, _) = cases[2];
    let of_other = format!("select tenant_id from zap.preview({arguments})");
    assert_eq!(stand.session.value(&of_other).await, "2");
    assert_eq!(
        stand
            .session
            .value("select count(*) from zap.notification_queue")
            .await,
        before
    );
}

/// B5: what would keep a message is said by its code.
#[tokio::test]
async fn a_preview_says_what_would_keep_a_message() {
    let stand = open().await;
    stand.place([1]).await;
    let s = &stand.session;
    let code = async |arguments: &str| {
        s.rows(&format!(
            "select code, problem from zap.preview({arguments}) order by audience limit 1"
        ))
        .await[0]
            .clone()
    };
    assert_eq!(
        code("'99'").await,
        [
            "order_gone",
            "the context query has no row for this subject; what counts is the order's id, not its number"
        ]
    );
    assert_eq!(
        code("'1', audience => 'courier'").await,
        [
            "no_audience",
            "audience courier is not told about this event"
        ]
    );
    let wrong = code("'1', body => '{{ order.x }}'").await;
    assert_eq!(wrong[0], "template_error");
    assert!(
        wrong[1].starts_with("template line 1: \"order.x\" is not known"),
        "{wrong:?}"
    );
    let steps = [
        ("update zap.source set mode = 'off'", "source_off"),
        ("update zap.source set mode = 'shadow'", "shadow"),
        (
            "update zap.source set mode = 'live'; select zap.set_mode('off', event => 'order_received')",
            "mode_off",
        ),
        (
            "select zap.set_mode('shadow', event => 'order_received')",
            "shadow",
        ),
        (
            "select zap.set_mode('live', event => 'order_received'); update zap.tenant set enabled = false",
            "tenant_disabled",
        ),
        (
            "update zap.tenant set enabled = true; update zap.channel set enabled = false",
            "no_channel",
        ),
        ("update pedidos set telefone = '0800'", "invalid_phone"),
        ("update pedidos set telefone = ' '", "no_phone"),
        ("update zap.tenant set enabled = false", "tenant_disabled"),
        ("alter table pedidos rename to antigos", "context_error"),
        (
            "update zap.source set context_query = null",
            "no_context_query",
        ),
    ];
    for (change, expected) in steps {
        s.run(change).await;
        assert_eq!(
            code("'1', audience => 'customer'").await[0],
            expected,
            "{change}"
        );
    }
    s.run("delete from zap.source").await;
    let error = s.error("select * from zap.preview('1')").await;
    assert_eq!(error.message(), "zap.preview: no table is attached");
}

/// B5: a context query that is slow ends with the session's own limit, and leaves the session as it was.
#[tokio::test]
async fn a_preview_ends_with_its_sessions_limit() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    stand.place([1]).await;
    s.run(
        "update zap.source set context_query =
             'select s.subject, pg_sleep(60)::text as recipient, ''{}''::jsonb as context from unnest($1) as s (subject)'",
    )
    .await;
    s.run("set statement_timeout = '300ms'").await;
    let save = "zap.save_template('order_received', '{{ order.id }}')";
    for call in ["zap.preview('1')", save] {
        let error = s.error(&format!("select {call}")).await;
        assert_eq!(error.code().code(), "57014", "{error:?}");
    }
    s.run("set statement_timeout = 0").await;
    let state = "select current_user = session_user, current_setting('transaction_read_only')";
    assert_eq!(s.rows(state).await, [["t", "off"]]);
}

/// C5: a context query that writes does so neither in a preview.
#[tokio::test]
async fn a_preview_changes_nothing() {
    let stand = open().await;
    stand.place([1]).await;
    stand
        .session
        .run(
            "create table public.escrito (x integer);
             create function public.escreve() returns integer language sql as 'insert into public.escrito values (1) returning x';
             update zap.source set context_query =
                 'select s.subject, null::text as recipient, ''{}''::jsonb as context from unnest($1) as s (subject) where public.escreve() = 1'",
        )
        .await;
    let found = stand
        .session
        .rows("select code, problem from zap.preview('1', audience => 'customer')")
        .await;
    assert_eq!(found[0][0], "context_error", "{found:?}");
    stand
        .session
        .run("insert into public.escrito values (2)")
        .await;
    assert_eq!(
        stand.session.column("select x from public.escrito").await,
        ["2"]
    );
}

/// O6: a company that speaks another language is told that the built-in text does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_says_that_the_built_in_text_is_in_portuguese() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.save_tenant('1', locale => 'en')")
        .await;
    stand.place([1]).await;
    let note = "select note from zap.preview('1', event => 'order_ready')";
    let said = "the built-in text is in Portuguese, the language of tenant 1 is en: \
                select zap.save_template('order_ready', '…', audience => 'customer', locale => 'en');";
    assert_eq!(stand.session.value(note).await, said);
    let shown = succeed(&stand.database, &["preview", "1", "--event", "order_ready"]);
    assert!(shown.contains(said), "{shown}");
    stand
        .session
        .run("select zap.save_template('order_ready', 'Ready', locale => 'en')")
        .await;
    let silent = "select note is null from zap.preview('1', event => 'order_ready')";
    assert_eq!(stand.session.value(silent).await, "t");
}
