//! What is entered of a company.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::shop;

/// Bad input: each value is checked, and nothing is saved.
#[tokio::test]
async fn what_cannot_be_entered_is_refused() {
    let (_, s) = shop::open(plain()).await;
    let wrong = [
        ("''", "no id", "id in your tables"),
        (
            "'1', timezone => 'Sao Paulo'",
            "no time zone Sao Paulo",
            "America/Sao_Paulo",
        ),
        (
            "'1', timezone => 'BRT3'",
            "no time zone BRT3",
            "America/Sao_Paulo",
        ),
        (
            "'1', locale => 'português'",
            "português is no language",
            "pt-BR",
        ),
        (
            "'1', default_area_code => '011'",
            "011 is no area code",
            "such as 11",
        ),
        (
            "'1', default_area_code => '20'",
            "20 is no area code",
            "exist in Brazil",
        ),
        ("'1', phone => '98765-4321'", "no phone number", "+55"),
        (
            "'1', phone => '+551187654321'",
            "no phone number",
            "ninth digit",
        ),
        ("'1', daily_cap => -1", "-1 is none", "0 takes"),
        ("'1', monthly_cap => -1", "-1 is none", "0 takes"),
        ("'1', opening_hours => '[]'", "are an object", "mon"),
        (
            "'1', opening_hours => '{\"seg\": []}'",
            "know no day seg",
            "mon, tue",
        ),
        (
            "'1', opening_hours => '{\"tue\": \"18:00-23:00\"}'",
            "of tue",
            "\"tue\": []",
        ),
        (
            "'1', opening_hours => '{\"wed\": [\"18h\"]}'",
            "of wed: \"18h\" is no range",
            "18:00-23:30",
        ),
        (
            "'1', opening_hours => '{\"wed\": [\"08:00-08:00\"]}'",
            "of wed",
            "18:00-23:30",
        ),
        (
            "'1', opening_hours => '{\"wed\": [\"18:00-25:00\"]}'",
            "of wed",
            "18:00-23:30",
        ),
        (
            "'1', opening_hours => '{\"wed\": [8]}'",
            "of wed: 8 is no range",
            "18:00-23:30",
        ),
        (
            "'1', opening_hours => '{\"mon\": [\"08:00-09:00\"], \"closed_on\": [\"2026-02-30\"]}'",
            "of closed_on",
            "2026-12-25",
        ),
        (
            "'1', opening_hours => '{\"mon\": []}'",
            "never be open",
            "disable or pause",
        ),
    ];
    for (arguments, message, hint) in wrong {
        let error = s
            .error(&format!("select zap.save_tenant({arguments})"))
            .await;
        assert_eq!(error.code().code(), "22023", "{arguments}: {error:?}");
        assert!(error.message().contains(message), "{arguments}: {error:?}");
        assert!(
            error.hint().unwrap().contains(hint),
            "{arguments}: {error:?}"
        );
    }
    assert_eq!(s.value("select count(*) from zap.tenant").await, "0");
    for call in ["enable_tenant('7')", "disable_tenant(null)"] {
        let error = s.error(&format!("select zap.{call}")).await;
        assert_eq!(error.code().code(), "P0002", "{call}: {error:?}");
    }
}

/// O7: what is not given stays, and can be taken away.
#[tokio::test]
async fn a_tenant_is_saved_and_changed() {
    let (_, s) = shop::open(plain()).await;
    let all = "select zap.save_tenant('1', 'Pizzaria Bela', 'America/Manaus', 'pt-BR', '92', '+55 (92) 98765-4321', 100, 2000,
         '{\"mon\": [\"11:00-14:30\", \"18:00-00:30\"], \"closed_on\": [\"2026-12-25\"]}', false)";
    assert_eq!(s.value(all).await, "t");
    let row = "select name, timezone, default_area_code, phone, daily_cap, monthly_cap, opening_hours ? 'mon', enabled
         from zap.tenant where id = '1'";
    let saved = [
        "Pizzaria Bela",
        "America/Manaus",
        "92",
        "+5592987654321",
        "100",
        "2000",
        "t",
        "f",
    ];
    assert_eq!(s.rows(row).await, [saved]);
    assert_eq!(s.value("select zap.save_tenant('1')").await, "f");
    assert_eq!(s.rows(row).await, [saved]);
    s.run("select zap.save_tenant('1', name => '', default_area_code => '', phone => '', daily_cap => 0, monthly_cap => 0,
         opening_hours => '{}', enabled => true)")
        .await;
    let taken_away = [
        "null",
        "America/Manaus",
        "null",
        "null",
        "null",
        "null",
        "null",
        "t",
    ];
    assert_eq!(s.rows(row).await, [taken_away]);
    for (call, changed) in [
        ("disable_tenant('1')", "t"),
        ("disable_tenant('1')", "f"),
        ("enable_tenant('1')", "t"),
        ("enable_tenant('1')", "f"),
    ] {
        assert_eq!(
            s.value(&format!("select zap.{call}")).await,
            changed,
            "{call}"
        );
    }
}

/// O7: a database without companies works with nothing to configure but a channel.
#[tokio::test]
async fn a_database_without_companies_works() {
    let tables = "create table pedidos (
             id bigint primary key, nome text, telefone text, total numeric(12, 2), created_at timestamptz not null default now()
         );
         create table pedido_itens (
             id bigserial primary key, pedido_id bigint references pedidos, nome_produto text, quantidade integer,
             valor_unitario numeric(12, 2)
         );
         create index on pedido_itens (pedido_id)";
    let stand = Stand::open_with(plain(), tables).await;
    stand
        .session
        .run("delete from zap.channel; delete from zap.tenant")
        .await;
    stand.add_channel("default").await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(&format!(
            "begin; insert into pedidos (id, nome, telefone, total) values (1, 'Ana', '(11) 98765-4321', 45); {} commit",
            shop::item(1)
        ))
        .await;
    stand.until_accepted(1).await;
    assert_eq!(stand.of_order(1, "tenant_id").await, "default");
}
