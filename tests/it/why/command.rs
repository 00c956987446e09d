//! `zapgres why`.

use std::process::Stdio;

use crate::control::queue::{add, open};
use crate::daemon::{run, succeed, zapgres};
use crate::database::Database;

fn in_environment(database: &Database, variable: (&str, &str), arguments: &[&str]) -> String {
    let mut command = zapgres(arguments);
    command
        .args(["--database-url", &database.url("postgres")])
        .env(variable.0, variable.1);
    let output = command.stdin(Stdio::null()).output().expect("run zapgres");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// B3, Q1: a timeline in Portuguese, and at the end what to do.
#[tokio::test]
async fn it_tells_what_to_do() {
    let (database, s) = open().await;
    let id = add(&s, "123", "failed").await;
    let said = succeed(&database, &["why", "123"]);
    assert!(said.starts_with("Pedido 123\n"), "{said}");
    assert!(said.contains(&format!("notificação {id}")), "{said}");
    assert!(said.contains('✘'), "{said}");
    let end = format!("O que fazer:\n  zapgres queue retry {id}\n");
    assert!(said.ends_with(&end), "{said}");
}

/// B3: in English where somebody wants it.
#[tokio::test]
async fn it_speaks_english() {
    let (database, s) = open().await;
    add(&s, "123", "failed").await;
    let said = succeed(&database, &["why", "123", "--locale", "en"]);
    assert!(said.contains("What to do:"), "{said}");
    for variable in [("LANG", "en_US.UTF-8"), ("ZAPGRES_LOCALE", "en")] {
        let said = in_environment(&database, variable, &["why", "123"]);
        assert!(said.contains("What to do:"), "{said}");
    }
    let said = in_environment(&database, ("LANG", "C.UTF-8"), &["why", "123"]);
    assert!(said.contains("O que fazer:"), "{said}");
}

/// B3: an obstacle shows in the exit code only if that is wanted.
#[tokio::test]
async fn its_exit_code() {
    let (database, s) = open().await;
    add(&s, "1", "failed").await;
    add(&s, "2", "sent").await;
    let code = |arguments: &[&str]| run(&database, arguments).status.code();
    assert_eq!(code(&["why", "1"]), Some(0));
    assert_eq!(code(&["why", "1", "--exit-code"]), Some(3));
    assert_eq!(code(&["why", "2", "--exit-code"]), Some(0));
    assert_eq!(code(&["why", "1", "--source", "faturas"]), Some(1));
    assert_eq!(code(&["why", ""]), Some(1));
}

/// B3: for programs; of one table; numbers in full if they are asked for.
#[tokio::test]
async fn it_prints_json() {
    let (database, s) = open().await;
    add(&s, "1", "failed").await;
    s.run(
        "insert into zap.notification_logs (notification_id, level, event, code)
         select id, 'info', 'resolved', 'resolved' from zap.notification_queue",
    )
    .await;
    let arguments = ["why", "1", "--json", "--source", "pedido_itens"];
    let said = succeed(&database, &arguments);
    let steps: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(steps[0]["code"], "captured", "{said}");
    assert!(!said.contains("98765"), "{said}");
    let mut full = arguments.to_vec();
    full.push("--full");
    assert!(succeed(&database, &full).contains("+5511987654321"));
}
