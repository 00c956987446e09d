//! Saving texts and putting them into use.

use super::open;
use crate::shop;

/// O6: each save is a new version; the one in use can be chosen.
#[tokio::test]
async fn a_text_has_versions() {
    let s = open().await;
    for (version, body) in [
        ("1", "Oi {{ customer.name }}"),
        ("2", "Olá {{ customer.name }}"),
    ] {
        let save = format!("select zap.save_template('order_received', '{body}')");
        assert_eq!(s.value(&save).await, version);
    }
    let kept = "select zap.save_template('order_received', 'Ei', activate => false)";
    assert_eq!(s.value(kept).await, "3");
    let own =
        "select zap.save_template('order_received', 'Da 1', tenant => '1', audience => 'shop')";
    assert_eq!(s.value(own).await, "1");
    let used = "select version::text || ' ' || body from zap.template where active and audience = 'customer'";
    assert_eq!(s.column(used).await, ["2 Olá {{ customer.name }}"]);
    for (call, changed) in [
        ("activate_template('order_received', 1)", "t"),
        ("activate_template('order_received', 1)", "f"),
    ] {
        assert_eq!(s.value(&format!("select zap.{call}")).await, changed);
    }
    assert_eq!(s.column(used).await, ["1 Oi {{ customer.name }}"]);
    for changed in ["t", "f"] {
        assert_eq!(
            s.value("select zap.deactivate_template('order_received')")
                .await,
            changed
        );
    }
    assert!(s.column(used).await.is_empty());
}

/// O6: what would fail when the next order comes is refused when it is saved, in one line with a remedy.
#[tokio::test]
async fn a_text_that_does_not_work_is_refused() {
    let s = open().await;
    let cases = [
        (
            "'order_received', 'Olá\n{{ order.numbr }}'",
            "zap.save_template: template line 2: \"order.numbr\" is not known for this order; did you mean \"order.number\"?",
        ),
        (
            "'order_received', '{% if %}'",
            "zap.save_template: template line 1: syntax error",
        ),
        (
            "'order_received', '{{ order.total | moedas }}'",
            "zap.save_template: template line 1: unknown filter",
        ),
        (
            "'order_received', repeat('a', 5000)",
            "zap.save_template: the message is longer than 4096 characters",
        ),
        (
            "'order_received', '{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}'",
            "zap.save_template: the template does too much",
        ),
        (
            "'order_received', ' '",
            "zap.save_template: a template has 1 to 16384 characters",
        ),
        (
            "'order_received', null",
            "zap.save_template: a template has 1 to 16384 characters",
        ),
        (
            "'Order', 'x'",
            "zap.save_template: Order is not the name of an event",
        ),
        (
            "'order_received', 'x', tenant => '9'",
            "zap.save_template: there is no tenant 9",
        ),
        (
            "'order_received', 'x', audience => 'Todos'",
            "zap.save_template: Todos is not the name of an audience",
        ),
        (
            "'order_received', 'x', locale => ''",
            "zap.save_template:  is not a language",
        ),
    ];
    for (arguments, message) in cases {
        let error = s
            .error(&format!("select zap.save_template({arguments})"))
            .await;
        assert!(
            error.message().starts_with(message),
            "{arguments}: {error:?}"
        );
        assert!(
            !error.message().contains('\n') && error.hint().is_some(),
            "{error:?}"
        );
    }
    let error = s
        .error("select zap.activate_template('order_received', 7)")
        .await;
    assert_eq!(
        error.message(),
        "zap.activate_template: there is no version 7 of this template"
    );
    assert_eq!(s.count("select count(*) from zap.template").await, 0);
}

/// O6: a text is tried with the newest real order of its event: what only this database knows is known.
#[tokio::test]
async fn a_text_is_tried_with_a_real_order() {
    let s = open().await;
    s.run(
        "update zap.source set context_query =
             $$select s.subject, null::text as recipient, '{\"order\": {\"mesa\": 7}}'::jsonb as context from unnest($1) as s (subject)$$",
    )
    .await;
    let save = "zap.save_template('order_received', 'Mesa {{ order.mesa }}')";
    shop::place(&s, 1).await;
    assert_eq!(s.value(&format!("select {save}")).await, "1");
    let error = s
        .error(&format!("select {}", save.replace("mesa", "messa")))
        .await;
    assert!(error.message().contains("order.messa"), "{error:?}");
}

/// O6: Meta takes one line per gap.
#[tokio::test]
async fn an_approved_template_takes_one_line_per_gap() {
    let s = open().await;
    let save = |text: &str| {
        format!(
            "select zap.save_provider_template('order_received', 'pedido', parameters => '[{{\"text\": \"{text}\"}}]')"
        )
    };
    let error = s.error(&save("{{ items | itens }}")).await;
    assert_eq!(
        error.message(),
        "zap.save_provider_template: \"{{ items | itens }}\" gives several lines"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("linha")));
    let error = s.error(&save("a      b")).await;
    assert!(
        error.message().contains("more than four blanks"),
        "{error:?}"
    );
    for text in ["{{ items | itens | linha(300) }}", "{{ customer.name }}"] {
        s.run(&save(text)).await;
    }
    let saved = "select parameters ->> 0 from zap.provider_template";
    assert_eq!(
        s.column(saved).await,
        [r#"{"text": "{{ customer.name }}"}"#]
    );
}

/// O6: what an application may ask of the library.
#[tokio::test]
async fn the_library_renders_for_sql() {
    let s = open().await;
    let cases = [
        (
            "zap.render('{{ a }} {{ t | hora }}', '{\"a\": \"*x*\", \"t\": \"2026-11-28T02:30:00Z\"}', 'America/Manaus')",
            "∗x∗ 22:30",
        ),
        ("zap.check_template('{{ order.number }}') is null", "t"),
        (
            "zap.check_template('{{ a }}', '{\"b\": 1}')",
            "template line 1: \"a\" is not known for this order",
        ),
        (
            "zap.builtin_template('order_paid') = zap.builtin_template('order_paid', 'customer', 'pt')",
            "t",
        ),
        ("zap.builtin_template('order_paid', 'vizinho') is null", "t"),
        ("zap.normalize_phone('98765-4321', '11')", "+5511987654321"),
        ("zap.normalize_phone(null) is null", "t"),
        ("zap.sample_context() -> 'order' ->> 'number'", "1234"),
    ];
    for (call, expected) in cases {
        assert_eq!(s.value(&format!("select {call}")).await, expected, "{call}");
    }
    let error = s.error("select zap.normalize_phone('0800 1')").await;
    assert_eq!(error.code().code(), "22023");
}

/// O6: a text in a language that none of its readers' companies has is saved, and it is said that nobody reads it.
#[tokio::test]
async fn a_text_in_another_language_is_said_to_have_no_reader() {
    let s = open().await;
    s.run("insert into zap.tenant (id, locale) values ('2', 'en')")
        .await;
    for (arguments, notice) in [
        ("'Oi'", ""),
        ("'Hi', locale => 'en'", ""),
        ("'Hi', tenant => '2', locale => 'en'", ""),
        (
            "'Oi', tenant => '2'",
            "zap.save_template: nobody reads this text yet: it is in pt-BR, and the language of tenant 2 is en",
        ),
        (
            "'Hola', locale => 'es'",
            "zap.save_template: nobody reads this text yet: it is in es, and the language of the companies is en, pt-BR",
        ),
    ] {
        s.notices().await;
        s.run(&format!(
            "select zap.save_template('order_ready', {arguments})"
        ))
        .await;
        let said = s.notices().await;
        let said = said.first().map_or("", |notice| notice.message());
        assert_eq!(said, notice, "{arguments}");
    }
}
