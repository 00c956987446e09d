//! Settings in the database: checked when they are set, ignored where they cannot be used.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::shop;

const COUNT: &str = "select count(*) from zap.setting";

/// Bad input: unknown names, wrong types, values out of range, tenants that have no such setting or do not exist.
#[tokio::test]
async fn what_cannot_be_set_is_refused() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.save_tenant('1')").await;
    let wrong = [
        (
            "'retention.queue_day', '30'",
            "42704",
            "there is no setting",
            "retention.queue_days",
        ),
        (
            "'x', '30'",
            "42704",
            "there is no setting x",
            "zapgres setting list",
        ),
        (
            "null, '30'",
            "42704",
            "there is no setting null",
            "zapgres setting list",
        ),
        (
            "'retention.queue_days', '\"30\"'",
            "22023",
            "cannot be \"30\"",
            "a number from 0 to 36500",
        ),
        (
            "'retention.queue_days', '-1'",
            "22023",
            "cannot be -1",
            "from 0",
        ),
        (
            "'retention.queue_days', '1e99'",
            "22023",
            "cannot be",
            "from 0",
        ),
        (
            "'sending.enabled', '1'",
            "22023",
            "cannot be 1",
            "true or false",
        ),
        (
            "'sending.enabled', null",
            "22023",
            "cannot be null",
            "true or false",
        ),
        (
            "'mode', '\"on\"'",
            "22023",
            "cannot be \"on\"",
            "off, shadow, live",
        ),
        (
            "'mode:order_paid', '1'",
            "22023",
            "cannot be 1",
            "off, shadow, live",
        ),
        (
            "'tenants.unknown', '\"enabled\"', '1'",
            "22023",
            "the same for all tenants",
            "Leave",
        ),
        (
            "'mode', '\"off\"', '7'",
            "P0002",
            "there is no tenant 7",
            "zapgres tenant list",
        ),
    ];
    for (arguments, code, message, hint) in wrong {
        let error = s
            .error(&format!("select zap.set_setting({arguments})"))
            .await;
        assert_eq!(error.code().code(), code, "{arguments}: {error:?}");
        assert!(error.message().contains(message), "{arguments}: {error:?}");
        assert!(
            error.hint().unwrap().contains(hint),
            "{arguments}: {error:?}"
        );
    }
    assert_eq!(s.value(COUNT).await, "0");
    let error = s.error("select zap.reset_setting('modes')").await;
    assert_eq!(error.code().code(), "42704");
    assert!(
        error.hint().unwrap().contains("Did you mean mode"),
        "{error:?}"
    );
}

/// O7: a value is set once, tells who set it, and goes away again.
#[tokio::test]
async fn a_setting_is_set_and_reset() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.save_tenant('1')").await;
    for (call, changed) in [
        ("set_setting('retention.logs_days', '10')", "t"),
        ("set_setting('retention.logs_days', '10')", "f"),
        ("set_setting('sending.enabled', 'false', '1')", "t"),
        ("set_setting('mode:order_paid', '\"shadow\"')", "t"),
    ] {
        assert_eq!(
            s.value(&format!("select zap.{call}")).await,
            changed,
            "{call}"
        );
    }
    let settings = "select key, tenant_id, value, is_set, default_value from zap.settings()
         where key like 'retention.logs%' or key like 's%' or key like 'mode%'";
    assert_eq!(
        s.rows(settings).await,
        [
            ["mode", "null", "\"live\"", "f", "\"live\""],
            ["mode:<event>", "null", "\"live\"", "f", "\"live\""],
            ["mode:order_paid", "null", "\"shadow\"", "t", "\"live\""],
            ["retention.logs_days", "null", "10", "t", "90"],
            ["sending.enabled", "null", "true", "f", "true"],
            ["sending.enabled", "1", "false", "t", "true"],
        ]
    );
    let log =
        "select detail from zap.notification_logs where event = 'setting' order by id limit 1";
    assert_eq!(s.value(log).await, "retention.logs_days = 10, by postgres");
    for (call, changed) in [
        ("reset_setting('retention.logs_days')", "t"),
        ("reset_setting('retention.logs_days')", "f"),
        ("reset_setting('sending.enabled', '1')", "t"),
        ("reset_setting('mode:order_paid')", "t"),
    ] {
        assert_eq!(
            s.value(&format!("select zap.{call}")).await,
            changed,
            "{call}"
        );
    }
    assert_eq!(s.value(COUNT).await, "0");
}

/// Bad input: what somebody wrote into the table and cannot be used is named, and as if it were not there.
#[tokio::test]
async fn an_unusable_row_is_named_and_ignored() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "insert into zap.setting (key, tenant_id, value)
         values ('sending.enabled', '1', '\"nein\"'), ('mode', null, '\"of\"'), ('moed', null, '1')",
    )
    .await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    let invalid = "select key, tenant_id, problem from zap.invalid_settings()";
    assert_eq!(
        s.rows(invalid).await,
        [
            ["mode", "null", "mode cannot be \"of\""],
            ["moed", "null", "there is no setting moed"],
            ["sending.enabled", "1", "sending.enabled cannot be \"nein\""],
        ]
    );
    daemon.until_it_says("sending.enabled cannot be").await;
    s.run("select zap.reset_setting('moed'), zap.reset_setting('mode'), zap.reset_setting('sending.enabled', '1')").await;
    assert_eq!(s.rows(invalid).await, [[""; 0]; 0]);
}

/// O7: what holds for all holds for a company without its own.
#[tokio::test]
async fn a_company_may_have_its_own() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.set_setting('sending.enabled', 'false'), zap.set_setting('sending.enabled', 'true', '1')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
}

/// O7: the document says every setting, its default and range, as the code has them.
#[tokio::test]
async fn the_document_is_complete() {
    let (_, s) = shop::open(plain()).await;
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/SETTINGS.md"));
    let rows = s
        .rows(
            "select key, default_value #>> '{}', coalesce(array_to_string(choices, ', '), minimum || ' to ' || maximum, 'true, false')
             from zap.known_settings()",
        )
        .await;
    for row in &rows {
        let line = format!("| `{}` | {} | {} |", row[0], row[1], row[2]);
        assert!(document.contains(&line), "missing: {line}");
    }
    let described = document.split("## Database settings").nth(1).unwrap();
    let described = described.split("\n## ").next().unwrap();
    let lines = described.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(lines.count(), rows.len());
}

/// O7: the document's statements work, one after the other.
#[tokio::test]
async fn the_documents_statements_work() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.save_tenant('1')").await;
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/SETTINGS.md"));
    let blocks = document.split("```sql\n").skip(1);
    let blocks: String = blocks.filter_map(|text| text.split("```").next()).collect();
    let lines = blocks
        .lines()
        .map(|line| line.split(" -- ").next().unwrap_or_default());
    let statements = lines.collect::<Vec<_>>().join("\n");
    let statements: Vec<&str> = statements
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    assert!(statements.len() >= 12, "{statements:?}");
    for statement in statements {
        let rows = s.rows(statement).await;
        if statement.contains("effective_mode") {
            assert_eq!(rows, [["off"]]);
        }
    }
}
