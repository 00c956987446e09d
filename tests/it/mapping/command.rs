//! `zapgres attach`.

use crate::cluster::{Cluster, plain};
use crate::daemon::{run, succeed};
use crate::database::Database;
use crate::session::Session;
use crate::shop;

const TABLES: &str = "
    create table pedidos (id integer primary key, telefone text, phone text, total numeric, status text check (status in ('novo', 'pago')));
    create table itens (id serial primary key, pedido_id integer references pedidos, nome text, quantidade integer, preco numeric);
    create index on itens (pedido_id)";

async fn open() -> (Database, Session) {
    shop::open_in(plain().database().await, TABLES).await
}

/// B5: shown, nothing is attached.
#[tokio::test]
async fn a_dry_run_shows_fields_and_query() {
    let (database, s) = open().await;
    let said = succeed(
        &database,
        &["attach", "itens", "--dry-run", "--map", "phone=phone"],
    );
    for part in [
        "FIELD",
        "o.phone",
        "as given: phone",
        "inner join public.pedidos as o",
        "--status-column status --events pago=order_paid",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(s.value("select count(*) from zap.source").await, "0");
}

/// B5: a name in quotes, as SQL and our own messages write it; what is offered next is a command.
#[tokio::test]
async fn a_quoted_name_is_understood() {
    let tables = "
        create table \"Pedidos\" (id integer primary key, telefone text, total numeric, status text check (status in ('novo', 'pago')));
        create table \"Itens\" (id serial primary key, pedido_id integer references \"Pedidos\", nome text, quantidade integer, preco numeric)";
    let (database, _s) = shop::open_in(plain().database().await, tables).await;
    for name in ["Itens", "\"Itens\"", "public.\"Itens\""] {
        let said = succeed(&database, &["attach", name, "--dry-run"]);
        let offer =
            "zapgres attach 'public.\"Pedidos\"' --status-column status --events pago=order_paid";
        assert!(said.contains(offer), "{said}");
    }
    let status = ["attach", "\"Pedidos\"", "--status-column", "status"];
    let said = succeed(&database, &status);
    assert!(!said.contains("can be told, too"), "{said}");
    for name in ["Pedidos", "\"Pedidos\"", "public.\"Pedidos\""] {
        succeed(&database, &["source", "pause", name]);
    }
}

/// B5, O15: a table that is attached again with a phone still keeps from the customer what it kept before, and says so; so
/// it does what the messages lack.
#[tokio::test]
async fn what_messages_lack_is_said() {
    let tables = "
        create table contatos (pedido integer, numero text);
        create table pedidos (id integer primary key, total numeric);
        create table itens (id serial primary key, pedido_id integer references pedidos, quantidade integer, preco numeric)";
    let (database, s) = shop::open_in(plain().database().await, tables).await;
    let said = succeed(&database, &["attach", "itens"]);
    for part in ["--map phone=", "--map item.name="] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("as before"), "{said}");
    s.run("select zap.detach('itens')").await;
    let phone = "phone=(select k.numero from public.contatos as k where k.pedido = o.id)";
    let said = succeed(&database, &["attach", "itens", "--map", phone]);
    let remedy = "select zap.tell('public.itens', 'customer');";
    assert!(said.contains(remedy), "{said}");
    s.run("select zap.detach('itens')").await;
    s.notices().await;
    s.run(r#"select zap.attach('itens', mapping => '{"phone": "o.total::text"}')"#)
        .await;
    let notices = format!("{:?}", s.notices().await);
    assert!(notices.contains(remedy), "{notices}");
    s.run(&format!("select zap.detach('itens'); {remedy}"))
        .await;
    let said = succeed(&database, &["attach", "itens", "--map", phone]);
    assert!(!said.contains("as before"), "{said}");
}

/// B5: statuses whose names mean nothing are asked for, in the command's own words.
#[tokio::test]
async fn statuses_without_a_meaning_are_refused() {
    let (database, s) = open().await;
    s.run("alter table pedidos drop column status, add column status text; insert into pedidos values (1, null, null, 1, 'x1')")
        .await;
    let arguments = [
        "attach",
        "pedidos",
        "--status-column",
        "status",
        "--map",
        "phone=telefone",
    ];
    let rehearsed = [&arguments[..], &["--dry-run"]].concat();
    for arguments in [&arguments[..], &rehearsed] {
        let output = run(&database, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains("--events VALUE=EVENT"), "{complaint}");
    }
    let misspelt = [
        "attach",
        "pedidos",
        "--status-column",
        "statuss",
        "--map",
        "phone=telefone",
        "--events",
        "x1=order_paid",
    ];
    for more in [&[][..], &["--dry-run"]] {
        let output = run(&database, &[&misspelt[..], more].concat());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            complaint.contains("pedidos has no column \"statuss\""),
            "{complaint}"
        );
    }
    let meant = [&rehearsed[..], &["--events", "x1=order_paid"]].concat();
    assert!(succeed(&database, &meant).ends_with("status x1: order_paid\n"));
    assert_eq!(s.value("select count(*) from zap.source").await, "0");
}

/// B5: without a terminal, what is ambiguous is refused with what it could be.
#[tokio::test]
async fn an_ambiguity_is_refused() {
    let (database, s) = open().await;
    let output = run(&database, &["attach", "itens"]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        complaint.contains("telefone, phone") && complaint.contains("--map phone=telefone"),
        "{complaint}"
    );
    assert_eq!(s.value("select count(*) from zap.source").await, "0");
}

/// B5: attached, the daemon may read what it has to.
#[tokio::test]
async fn a_table_is_attached_and_can_be_read() {
    // Roles belong to the whole cluster.
    let cluster = Cluster::start("mapping", &[]);
    let (database, s) = shop::open_in(cluster.database().await, TABLES).await;
    succeed(&database, &["setup"]);
    let said = succeed(
        &database,
        &[
            "attach",
            "public.itens",
            "--map",
            "phone=telefone",
            "--mode",
            "shadow",
        ],
    );
    assert!(
        said.contains("zap_daemon may read public.itens, public.pedidos"),
        "{said}"
    );
    let rights = "select has_table_privilege('zap_daemon', 'pedidos', 'select'), has_table_privilege('zap_daemon', 'itens', 'select')";
    assert_eq!(s.rows(rights).await, [["t", "t"]]);
    assert_eq!(
        s.rows("select relation, mode from zap.source").await,
        [["public.itens", "shadow"]]
    );
    let said = succeed(
        &database,
        &[
            "attach",
            "pedidos",
            "--status-column",
            "status",
            "--mode",
            "shadow",
            "--map",
            "phone=telefone",
        ],
    );
    assert!(said.contains("is attached"), "{said}");
    let events = "select events from zap.source where captures = 'status'";
    assert_eq!(s.value(events).await, r#"{"pago": "order_paid"}"#);
}

/// B5: the query in an editor; what is saved is used.
#[tokio::test]
async fn the_query_can_be_edited() {
    let (database, s) = open().await;
    let editor = "sed -i s/as.recipient/as_recipient/";
    let attach = |editor: &str| {
        let mut command = crate::daemon::zapgres(&[
            "attach",
            "itens",
            "--edit",
            "--map",
            "phone=phone",
            "--database-url",
        ]);
        command
            .arg(database.url("postgres"))
            .env("EDITOR", editor)
            .env("PATH", "/usr/bin:/bin");
        command.output().expect("run zapgres")
    };
    let output = attach(editor);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && complaint.contains("context_query cannot be used"),
        "{complaint}"
    );
    let output = attach("sed -i s/o.phone/o.telefone/");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let query = s.value("select context_query from zap.source").await;
    assert!(query.contains("o.telefone as recipient"), "{query}");
}

/// B5: no such table, and several of one name.
#[tokio::test]
async fn the_table_has_to_be_clear() {
    let (database, s) = open().await;
    s.run("create schema antiga; create table antiga.itens (id integer)")
        .await;
    for (table, expected) in [
        ("nada", "there is no table nada"),
        ("itens", "antiga.itens, public.itens"),
    ] {
        let output = run(&database, &["attach", table]);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains(expected), "{complaint}");
    }
}
