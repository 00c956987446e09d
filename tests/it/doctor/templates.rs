//! Texts that are missing or do not render.

use super::patient::Patient;

/// O6: a company that speaks another language than the built-in texts is told before the first order is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_text_is_written() {
    let patient = Patient::open().await;
    assert_eq!(patient.examine().with("there is no text"), None);
    patient
        .session
        .run(
            "insert into zap.audience (source_id, name, recipient) select id, 'vizinho', '+5511987654321' from zap.source;
             insert into zap.tenant (id, locale) values ('9', 'xx-XX')",
        )
        .await;
    patient
        .mend(
            "error",
            "order_received to the vizinho in xx-XX, and no built-in one",
        )
        .await;
    // A built-in text is in one language, whatever the company's is.
    patient
        .mend("warning", "order_received to the customer in xx-XX")
        .await;
    assert_eq!(patient.examine().with("there is no text"), None);
}

/// O15: an audience of one's own has no built-in text, in any language.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audience_of_ones_own_needs_a_text() {
    let patient = Patient::open().await;
    patient
        .session
        .run("select zap.tell('pedido_itens', 'kitchen', '+5511987654321')")
        .await;
    patient
        .mend(
            "error",
            "order_received to the kitchen in pt-BR, and no built-in one: its messages wait",
        )
        .await;
}

/// O6: a text that does not render with a real order of its event is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_text_is_named() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "insert into zap.template (event, body) values ('order_received', '{{ order.nmber }}')",
        )
        .await;
    let found = patient.finding("error", "\"order.nmber\" is not known");
    let statement = found.remedy.replace("$text$…$text$", "'{{ order.id }}'");
    patient.session.run(&statement).await;
    assert_eq!(patient.examine().with("order.nmber"), None);
    patient
        .session
        .run("update zap.template set body = '{% if %}'")
        .await;
    patient.finding(
        "error",
        "text 1 for order_received to the customer in pt-BR: template line 1",
    );
}

/// O6: what only an application tells is tried with what it told; before it tells anything, its names are nobody's mistake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_nothing_shows_yet_are_no_mistake() {
    let patient = Patient::open().await;
    patient
        .session
        .run("select zap.save_template('table_free', 'Mesa {{ table }}')")
        .await;
    let found = patient.examine().with("table_free").expect("a finding");
    assert_eq!(found.severity, "info", "{found:?}");
    let tell = |context: &str| {
        format!(
            "select zap.notify('table_free', '{context}', context => '{context}', recipient => '11987654321')"
        )
    };
    patient.session.run(&tell(r#"{"table": 4}"#)).await;
    assert_eq!(patient.examine().with("table_free"), None);
    patient.session.run(&tell(r#"{"mesa": 4}"#)).await;
    patient.finding("error", "\"table\" is not known");
}

/// C1: an approved template that cannot be read or filled is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_provider_template_is_named() {
    let patient = Patient::open().await;
    patient
        .session
        .run("insert into zap.provider_template (event, name, parameters) values ('order_received', 'pedido', '[{\"texto\": 1}]')")
        .await;
    patient.finding(
        "error",
        "provider template 1 for order_received cannot be used",
    );
    patient
        .session
        .run("update zap.provider_template set parameters = '[{\"text\": \"{{ order.nmber }}\"}]'")
        .await;
    patient.finding(
        "error",
        "provider template 1 for order_received cannot be used: template line 1",
    );
}
