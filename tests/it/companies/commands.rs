//! `zapgres tenant`, `setting` and `mode`.

use crate::cluster::plain;
use crate::daemon::{run, succeed};
use crate::shop;

/// O7: a company is added, shown, changed, disabled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn companies_are_entered_and_shown() {
    let (database, s) = shop::open(plain()).await;
    let none = succeed(&database, &["tenant", "list"]);
    assert!(none.starts_with("no tenant yet"), "{none}");
    let hours = r#"{"mon": ["11:00-14:30"]}"#;
    let added = succeed(
        &database,
        &[
            "tenant",
            "set",
            "1",
            "--name",
            "Pizzaria Bela",
            "--phone",
            "(11) 98765-4321",
            "--daily-cap",
            "50",
            "--opening-hours",
            hours,
        ],
    );
    assert!(added.contains("tenant 1 is added"), "{added}");
    assert_eq!(
        s.value("select phone from zap.tenant").await,
        "+5511987654321"
    );
    s.run("insert into zap.tenant_usage values ('1', (now() at time zone 'America/Sao_Paulo')::date, 7)").await;
    let list = succeed(&database, &["tenant", "list"]);
    assert!(
        list.contains("Pizzaria Bela") && list.contains("sends") && list.contains("7/50"),
        "{list}"
    );
    let show = succeed(&database, &["tenant", "show", "1"]);
    assert!(
        show.contains("America/Sao_Paulo") && show.contains("11:00-14:30"),
        "{show}"
    );
    let disabled = succeed(&database, &["tenant", "disable", "1"]);
    assert!(disabled.contains("tenant 1 is disabled"), "{disabled}");
    assert!(succeed(&database, &["tenant", "list"]).contains("disabled"));
    assert!(succeed(&database, &["tenant", "enable", "1"]).contains("is enabled"));
    for (arguments, complaint) in [
        (&["tenant", "show", "9"][..], "there is no tenant 9"),
        (
            &["tenant", "set", "1", "--timezone", "Lua"],
            "there is no time zone Lua (A name such as",
        ),
        (&["tenant", "set", "1", "--phone", "123"], "--phone: "),
        (&["tenant", "set", "1", "--opening-hours", "8h"], "not JSON"),
    ] {
        let output = run(&database, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(complaint),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// O7: settings and modes are shown and changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_and_modes_are_changed() {
    let (database, s) = shop::open(plain()).await;
    s.run("insert into zap.tenant (id) values ('1'); insert into zap.setting (key, value) values ('moed', '1')").await;
    let list = succeed(&database, &["setting", "list"]);
    assert!(
        list.contains("retention.queue_days") && list.contains("0 to 36500"),
        "{list}"
    );
    assert!(
        list.contains("not used: there is no setting moed; zapgres setting reset moed"),
        "{list}"
    );
    assert!(succeed(&database, &["setting", "reset", "moed"]).contains("moed is reset"));
    let set = succeed(&database, &["setting", "set", "retention.queue_days", "10"]);
    assert!(set.contains("retention.queue_days is 10"), "{set}");
    let set = succeed(
        &database,
        &["setting", "set", "mode", "shadow", "--tenant", "1"],
    );
    assert!(set.contains("mode of tenant 1 is \"shadow\""), "{set}");
    let modes = succeed(&database, &["mode"]);
    assert!(
        modes.contains("live") && modes.contains("shadow"),
        "{modes}"
    );
    let modes = succeed(&database, &["mode", "off", "--event", "order_received"]);
    assert!(
        modes.contains("changed") && modes.contains("event order_received"),
        "{modes}"
    );
    succeed(&database, &["mode", "shadow", "--source", "pedido_itens"]);
    assert_eq!(s.value("select mode from zap.source").await, "shadow");
    let output = run(&database, &["setting", "set", "retention.queue_day", "1"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("Did you mean retention.queue_days?"),
        "{said}"
    );
}

/// O6: a channel is added for a purpose, and shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_added_for_a_purpose() {
    let (database, s) = shop::open(plain()).await;
    let mut arguments = vec![
        "channel",
        "add",
        "cozinha",
        "--provider",
        "evolution",
        "--url",
        "http://127.0.0.1:1",
        "--instance",
        "c",
        "--credential",
        "env:SANDBOX_KEY",
        "--no-check",
        "--purpose",
        "kitchen",
    ];
    succeed(&database, &arguments);
    assert_eq!(s.value("select purpose from zap.channel").await, "kitchen");
    assert!(succeed(&database, &["channel", "list"]).contains("kitchen"));
    arguments[2] = "outra";
    let last = arguments.len() - 1;
    arguments[last] = "Cozinha 1";
    let said = String::from_utf8_lossy(&run(&database, &arguments).stderr).into_owned();
    assert!(
        said.contains("a purpose is a word such as kitchen"),
        "{said}"
    );
}

/// O8: a mode of an event that no table announces may be a slip of the pen: it is said.
#[tokio::test]
async fn a_mode_of_an_unknown_event_is_noted() {
    let (database, _s) = shop::open(plain()).await;
    let noted = |event| {
        let output = run(&database, &["mode", "shadow", "--event", event]);
        String::from_utf8_lossy(&output.stdout).contains("no attached table announces")
    };
    assert!(noted("order_receive") && !noted("order_received"));
}
