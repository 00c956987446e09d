//! What the README prints works as printed.

use std::process::Command;

use super::queue::open;
use crate::daemon::{KEY_VARIABLE, zapgres};
use crate::database::Database;
use crate::sandbox::Provider;
use crate::session::Session;

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));

/// The text of fenced blocks of this language, in the chapters about asking and operating.
fn blocks(language: &str) -> String {
    let begin = README.find("## Ask it").expect("a chapter");
    let end = README.find("## Configuration").expect("a chapter");
    let fence = format!("```{language}\n");
    let texts = README[begin..end].split(&fence).skip(1);
    texts
        .filter_map(|text| text.split("```").next())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Makes the queue one of which all that is printed can be said: 4711 is what the action takes, and what is counted is
/// there as often.
async fn prepare(s: &Session, action: &str) {
    let status = match action {
        "cancel" => "pending",
        "retry" => "failed",
        _ => "sent",
    };
    s.run(&format!(
        "truncate zap.notification_queue;
         insert into zap.notification_queue (
             id, source_id, event, subject, dedup_key, tenant_id, channel_id, recipient, body, status, attempts,
             error_class, created_at, resolved_at, expires_at
         )
         select w.id, s.id, s.event, w.id::text, s.event || ':' || w.id, w.tenant_id, c.id, '+5511987654321', 'Oi', w.status, 1,
             w.error_class, '2026-11-20 12:00-03', now(), now() + interval '5 hours'
         from zap.source as s
         cross join (
             select 4711, '3', '{status}', null, 'other'
             union all select 100 + n, '2', 'failed', 'transient', 'other' from generate_series(1, 42) as n
             union all select 200 + n, '1', 'pending', null, 'other' from generate_series(1, 10) as n
             union all select 300 + n, '2', 'sent', null, 'loja' from generate_series(1, 3) as n
         ) as w (id, tenant_id, status, error_class, channel)
         join zap.channel as c on c.name = w.channel"
    ))
    .await;
}

async fn open_shop() -> (Database, Session) {
    let (database, s) = open().await;
    s.run("update zap.channel set name = 'loja' where name = 'first'")
        .await;
    (database, s)
}

/// The action that a statement or a command is.
fn action(text: &str) -> &str {
    ["cancel", "retry"]
        .into_iter()
        .find(|action| {
            text.contains(&format!(".{action}(")) || text.contains(&format!("queue {action} "))
        })
        .unwrap_or_default()
}

/// Q1: the commands. One of them asks the provider.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_commands_work() {
    let (database, s) = open_shop().await;
    let provider = Provider::start();
    let url = provider.url();
    s.run(&format!(
        "update zap.channel set base_url = '{url}', credential = 'env:{KEY_VARIABLE}'"
    ))
    .await;
    let commands = blocks("sh");
    let commands: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("zapgres "))
        .collect();
    assert!(commands.len() >= 15, "{commands:?}");
    let program = zapgres(&[]).get_program().to_owned();
    let directory = std::path::Path::new(&program)
        .parent()
        .expect("a directory");
    for command in commands {
        prepare(&s, action(command)).await;
        let by_filter = command.contains("--captured-before") || command.contains("--error-class");
        let confirmed = if by_filter { " --yes" } else { "" };
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &format!("{command}{confirmed}")])
            .env_clear()
            .env("PATH", directory)
            .env("ZAPGRES_DATABASE_URL", database.url("postgres"))
            .env("ZAPGRES_ALLOW_ADDRESSES", "127.0.0.1")
            .env(KEY_VARIABLE, "the-key")
            .current_dir("/");
        let output = shell.output().expect("run a shell");
        let complaint = String::from_utf8_lossy(&output.stderr);
        // Its code says how this shop is, where no daemon is at work.
        let is_answered = command.starts_with("zapgres doctor") && output.status.code() == Some(2);
        let succeeded = output.status.success() || (is_answered && complaint.is_empty());
        assert!(succeeded, "{command}: {complaint}");
    }
}

/// Q1: the statements; what is counted is as printed.
#[tokio::test]
async fn its_statements_work() {
    let (_, s) = open_shop().await;
    let without_comments: String = blocks("sql")
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    let statements: Vec<&str> = without_comments
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .collect();
    assert!(statements.len() >= 14, "{statements:?}");
    for statement in statements {
        prepare(&s, action(statement)).await;
        let rows = s.rows(statement).await;
        if statement.contains("count_matching") {
            assert_eq!(rows, [["42"]]);
        }
    }
}
