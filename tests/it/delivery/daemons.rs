//! The daemon as a process: it starts where it may, or says in one line why not.

use std::process::{Command, Output, Stdio};

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::{Daemon, zapgres};
use crate::shop;

/// It ended with one line that has these words, and a status of failure.
fn assert_refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} in {said}");
    }
}

fn run_at(url: &str) -> Output {
    output(zapgres(&["run", "--database-url", url]))
}

fn output(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().expect("run zapgres")
}

/// Bad input: two daemons of one name: the second says who is there, and ends.
#[tokio::test]
async fn a_second_daemon_of_a_name_names_the_first() {
    let stand = Stand::open(plain()).await;
    let first = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    assert_refused(
        &run_at(&stand.database.url("postgres")),
        &["zapgres@", &first.pid(), "--name"],
    );
    stand.place([2]).await;
    stand.until_accepted(2).await;
    first.kill();
    let _third = stand.daemon();
    stand.place([3]).await;
    stand.until_accepted(3).await;
}

/// O9: daemons of two databases do not mind each other.
#[tokio::test]
async fn two_databases_have_two_daemons() {
    let (one, two) = (Stand::open(plain()).await, Stand::open(plain()).await);
    let (_first, _second) = (one.daemon(), two.daemon());
    for stand in [&one, &two] {
        stand.place([1]).await;
        stand.until_accepted(1).await;
    }
}

/// Bad input: no address at all.
#[test]
fn without_a_database_it_says_how_to_name_one() {
    assert_refused(&output(zapgres(&["run"])), &["ZAPGRES_DATABASE_URL"]);
}

/// Bad input: nobody there.
#[test]
fn an_unreachable_database_is_named() {
    let output = run_at("postgresql://postgres@127.0.0.1:1/orders");
    assert_refused(&output, &["127.0.0.1:1", "cannot reach"]);
}

/// Bad input: a server without that database.
#[tokio::test]
async fn an_unknown_database_is_named() {
    let url = plain()
        .administration()
        .url("postgres")
        .replace("/postgres", "/no_such_orders");
    assert_refused(&run_at(&url), &["no_such_orders"]);
}

/// Bad input: the password is wrong; it is not repeated to whoever reads the line.
#[tokio::test]
async fn a_wrong_password_is_not_shown() {
    let (database, s) = shop::open(plain()).await;
    s.run("create role needs_password login superuser password 'right-secret'")
        .await;
    let url = database.url("needs_password:wrong-secret");
    let output = run_at(&url);
    assert_refused(&output, &["password", "needs_password"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("wrong-secret"));
}

/// Bad input: the extension is not there.
#[tokio::test]
async fn a_missing_extension_is_named() {
    let database = plain().database().await;
    assert_refused(
        &run_at(&database.url("postgres")),
        &["CREATE EXTENSION zapgres"],
    );
}

/// Bad input: the extension is taken away under a working daemon: said once, and work goes on when it is back.
#[tokio::test]
async fn a_dropped_extension_is_named() {
    let stand = Stand::open(plain()).await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    // Both lock several tables: where that ends in a deadlock, the daemon shall give way, which tries again.
    stand
        .session
        .run("set deadlock_timeout = '1min'; drop extension zapgres")
        .await;
    let complaint = "the extension zapgres is not installed";
    daemon.until_it_says(complaint).await;
    stand.session.run("create extension zapgres").await;
    stand
        .session
        .run("update zap.source set settle = '0'; insert into zap.template (event, body) values ('order_received', 'Oi')")
        .await;
    stand.add_channel("1").await;
    stand.place([1]).await;
    stand.until_accepted_texts(&["Oi"]).await;
    assert_eq!(daemon.log().matches(complaint).count(), 1);
}

/// Bad input: the extension is older than the daemon.
#[tokio::test]
async fn an_older_extension_is_named() {
    let (database, s) = shop::open(plain()).await;
    s.run("update pg_extension set extversion = '0.0.1' where extname = 'zapgres'")
        .await;
    let output = run_at(&database.url("postgres"));
    assert_refused(&output, &["0.0.1", "ALTER EXTENSION zapgres UPDATE"]);
}

/// Bad input: an argument that does not exist, and a value that is none.
#[test]
fn misunderstandings_are_told() {
    assert_refused(
        &output(zapgres(&["run", "--pool-sise", "3"])),
        &["--pool-sise"],
    );
    assert_refused(
        &output(zapgres(&["run", "--poll-interval", "soon"])),
        &["--poll-interval", "500ms"],
    );
    assert_refused(&output(zapgres(&["rum"])), &["rum"]);
}

/// Bad input: a template with a syntax error: its orders wait or are skipped with the reason, others are sent.
#[tokio::test]
async fn a_broken_template_is_told_and_holds_nobody_up() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand
        .session
        .run(
            "insert into zap.template (tenant_id, event, body)
             values ('2', 'order_received', 'Olá {{ customer.name')",
        )
        .await;
    let daemon = stand.daemon();
    stand
        .session
        .run(
            "begin; insert into pedidos (id, empresa_id, nome, telefone, total)
             values (1, 2, 'Rui', '11912345678', 10);",
        )
        .await;
    stand.session.run(&(shop::item(1) + "commit")).await;
    stand.place([2]).await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["2"]);
    let told = "select reason || ' ' || coalesce(last_error, '') from zap.notification_queue
         where subject = '1'";
    crate::wait::until("the reason is told", async || {
        stand.session.value(told).await.contains("template_error")
    })
    .await;
    daemon.until_it_says("text does not work").await;
    stand
        .session
        .run("update zap.template set body = 'Oi' where tenant_id = '2'")
        .await;
    stand.until_accepted_texts(&["2", "Oi"]).await;
    daemon.until_it_says("text works again").await;
    assert_eq!(daemon.log().matches("text does not work").count(), 1);
}

/// O9: the database may come later than the daemon's channel of wake-ups: LISTEN is armed before the first look.
#[tokio::test]
async fn what_was_captured_before_the_start_is_sent() {
    let stand = Stand::open(plain()).await;
    stand.place(1..=20).await;
    let _daemon = Daemon::start(&stand.database, &["--poll-interval", "1h"]);
    stand.until_accepted(20).await;
}
