//! The same from the command line.

use std::process::{Command, Output, Stdio};

use super::queue::{add, everything, open, row, status};
use crate::daemon::{run, succeed, zapgres};
use crate::database::Database;

/// Runs a command that is expected to be refused in one line, and returns that.
fn refused(database: &Database, arguments: &[&str]) -> String {
    let output = run(database, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert_eq!(
        complaint.trim_end().lines().count(),
        1,
        "{arguments:?}: {complaint}"
    );
    complaint
}

fn json(database: &Database, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&succeed(database, arguments)).expect("JSON")
}

/// Runs a command on a terminal, with this answer typed.
fn on_a_terminal(database: &Database, arguments: &str, answer: &str) -> Output {
    let program = zapgres(&[]).get_program().to_owned();
    let command = format!(
        "{} {arguments} --database-url '{}'",
        program.to_string_lossy(),
        database.url("postgres")
    );
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = script.spawn().expect("run script");
    std::io::Write::write_all(
        &mut child.stdin.take().expect("its input"),
        answer.as_bytes(),
    )
    .expect("type");
    child.wait_with_output().expect("run zapgres")
}

/// Q1: by id.
#[tokio::test]
async fn by_id() {
    let (database, s) = open().await;
    let pending = add(&s, "1", "pending").await.to_string();
    let failed = add(&s, "2", "failed").await.to_string();
    let sent = add(&s, "3", "sent").await.to_string();
    let said = succeed(&database, &["queue", "cancel", &pending]);
    assert!(said.contains(&pending), "{said}");
    succeed(&database, &["queue", "retry", &failed, &pending]);
    let said = succeed(&database, &["queue", "resend", &sent]);
    let statuses = "select status from zap.notification_queue order by id";
    assert_eq!(
        s.column(statuses).await,
        ["pending", "retrying", "sent", "pending"]
    );
    let new = s
        .value("select id from zap.notification_queue where resend_of is not null")
        .await;
    assert!(said.contains(&new), "{said}");
}

/// Bad input: what cannot be done is told in one line, and nothing is done, to none of several ids.
#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let (database, s) = open().await;
    let pending = add(&s, "1", "pending").await.to_string();
    let sent = add(&s, "2", "sent").await.to_string();
    let in_flight = add(&s, "3", "processing").await.to_string();
    let before = everything(&s).await;
    let refusals: [(&[&str], &str); 20] = [
        (&["queue", "cancel", &sent], "sent"),
        (&["queue", "cancel", &pending, &sent], "sent"),
        (&["queue", "cancel", "4711"], "4711"),
        (&["queue", "cancel", "x"], "ID"),
        (&["queue", "cancel"], "required"),
        (&["queue", "retry", &in_flight], "in flight"),
        (&["queue", "retry", &pending], "anyway"),
        (
            &["queue", "retry", "--per-minute", "0", "--all"],
            "per-minute",
        ),
        (
            &["queue", "retry", &pending, "--per-minute", "5"],
            "per-minute",
        ),
        (
            &["queue", "cancel", &pending, "--tenant", "1"],
            "cannot be used",
        ),
        (&["queue", "resend", &pending], "anyway"),
        (&["queue", "cancel", "--all"], "--yes"),
        (&["queue", "cancel", "--status", "sent", "--yes"], "sent"),
        (&["queue", "cancel", "--tenant", "9", "--yes"], "tenant 9"),
        (&["queue", "list", "--colour", "red"], "--colour"),
        (&["queue", "list", "--status", "lost"], "lost"),
        (&["queue", "show", "4711"], "4711"),
        (&["channel", "pause", "fax"], "fax"),
        (&["tenant", "pause", "9"], "9"),
        (&["source", "pause", "faturas"], "faturas"),
    ];
    for (arguments, mentions) in refusals {
        let complaint = refused(&database, arguments);
        assert!(complaint.contains(mentions), "{arguments:?}: {complaint}");
    }
    assert_eq!(everything(&s).await, before);
}

/// Q1, O5: by filter, at a limited rate, without a question when none is wanted.
#[tokio::test]
async fn by_filter() {
    let (database, s) = open().await;
    for subject in ["1", "2", "3"] {
        add(&s, subject, "failed").await;
    }
    let retry = [
        "queue",
        "retry",
        "--status",
        "failed",
        "--error-class",
        "transient",
    ];
    let complaint = refused(&database, &retry);
    assert!(complaint.contains("3 notifications"), "{complaint}");
    let mut limited = retry.to_vec();
    limited.extend(["--per-minute", "30", "--yes"]);
    let said = succeed(&database, &limited);
    assert!(said.contains("3 notifications"), "{said}");
    let spread = "select round(extract(epoch from max(next_attempt_at) - min(next_attempt_at)))
         from zap.notification_queue where status = 'retrying'";
    assert_eq!(s.value(spread).await, "4");
    let said = succeed(&database, &limited);
    assert!(said.contains("no notification matches"), "{said}");
}

/// Q1: on a terminal it asks, and takes only a clear yes.
#[tokio::test]
async fn it_asks_first() {
    let (database, s) = open().await;
    let id = add(&s, "1", "pending").await;
    let output = on_a_terminal(&database, "queue cancel --tenant 1", "\n");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 notification to cancel"), "{said}");
    assert!(!output.status.success(), "{said}");
    assert_eq!(status(&s, id).await, "pending");
    let output = on_a_terminal(&database, "queue cancel --tenant 1", "y\n");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(status(&s, id).await, "canceled");
}

/// Security: numbers are masked unless somebody asks for them.
#[tokio::test]
async fn numbers_are_masked() {
    let (database, s) = open().await;
    let id = add(&s, "12345678", "failed").await.to_string();
    s.run("update zap.notification_queue set body = 'Ligue (11) 98765-4321'")
        .await;
    s.run(&format!("select zap.retry({id})")).await;
    for arguments in [
        &["queue", "list"][..],
        &["queue", "list", "--json"],
        &["queue", "show", &id],
        &["queue", "show", &id, "--json"],
    ] {
        let said = succeed(&database, arguments);
        assert!(!said.contains("987654"), "{said}");
        assert!(!said.contains("98765-"), "{said}");
        assert!(said.contains("4321"), "{said}");
        assert!(said.contains("12345678"), "the order's id: {said}");
        let mut full = arguments.to_vec();
        full.push("--full");
        assert!(succeed(&database, &full).contains("+5511987654321"));
    }
    let said = succeed(&database, &["queue", "show", &id]);
    assert!(
        said.contains("requeued") && said.contains("by postgres"),
        "{said}"
    );
    assert!(said.contains("retrying: an attempt failed"), "{said}");
}

/// Hygiene: what programs read.
#[tokio::test]
async fn json_is_printed() {
    let (database, s) = open().await;
    let id = add(&s, "1", "failed").await;
    let overview = json(&database, &["queue", "overview", "--json"]);
    let failed = overview
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["measure"] == "failed");
    assert_eq!(failed.expect("failed")["count"], 1);
    let list = json(
        &database,
        &["queue", "list", "--json", "--status", "failed"],
    );
    assert_eq!(list[0]["id"], id);
    let shown = json(&database, &["queue", "show", &id.to_string(), "--json"]);
    assert_eq!(shown["status"], "failed");
    let causes = json(&database, &["queue", "failed", "--json"]);
    assert_eq!(
        (&causes[0]["count"], &causes[0]["error"]),
        (&1.into(), &"boom".into())
    );
    let channels = json(&database, &["channel", "list", "--json"]);
    assert_eq!(channels.as_array().map(Vec::len), Some(3));
    assert_eq!(
        json(&database, &["daemon", "list", "--json"])
            .as_array()
            .map(Vec::len),
        Some(0)
    );
}

/// O7: pausing from the command line; tables for people.
#[tokio::test]
async fn pauses_and_tables() {
    let (database, s) = open().await;
    add(&s, "1", "pending").await;
    s.run(
        "insert into zap.daemon (name, instance, lease_until, version)
         values ('host-a', gen_random_uuid(), now() + interval '1 minute', '0.1')",
    )
    .await;
    for (thing, name) in [
        ("channel", "first"),
        ("tenant", "1"),
        ("source", "pedido_itens"),
    ] {
        let said = succeed(&database, &[thing, "pause", name]);
        assert!(said.contains("is paused"), "{said}");
        let said = succeed(&database, &[thing, "pause", name]);
        assert!(said.contains("already"), "{said}");
    }
    let channels = succeed(&database, &["channel", "list"]);
    assert!(
        channels.contains("paused since") && channels.contains("its tenant is paused"),
        "{channels}"
    );
    assert_eq!(channels.lines().count(), 4, "{channels}");
    for (thing, name) in [
        ("channel", "first"),
        ("tenant", "1"),
        ("source", "pedido_itens"),
    ] {
        let said = succeed(&database, &[thing, "resume", name]);
        assert!(said.contains("goes on"), "{said}");
    }
    assert!(succeed(&database, &["channel", "list"]).contains("no daemon sends for it"));
    s.run("insert into zap.channel_state (channel_id, lease_owner) select id, 'host-a' from zap.channel")
        .await;
    assert!(succeed(&database, &["channel", "list"]).contains("works"));
    assert!(succeed(&database, &["daemon", "list"]).contains("host-a"));
    assert!(succeed(&database, &["queue", "list"]).contains("pending"));
    assert!(succeed(&database, &["queue", "failed"]).contains("nothing was given up"));
    assert!(succeed(&database, &["queue", "overview"]).contains("waiting"));
}

/// Nobody is there to be asked.
const CHANNEL: [&str; 12] = [
    "channel",
    "add",
    "new",
    "--provider",
    "evolution",
    "--url",
    "http://127.0.0.1:1",
    "--instance",
    "new",
    "--credential",
    "env:SANDBOX_KEY",
    "--no-check",
];

/// O4: every limit of a channel can be given.
#[tokio::test]
async fn a_channel_has_limits() {
    let (database, s) = open().await;
    let mut arguments = CHANNEL.to_vec();
    arguments.extend([
        "--rate",
        "600/min",
        "--per-second",
        "20",
        "--recipient-interval",
        "6s",
    ]);
    arguments.extend([
        "--recipient-burst",
        "45",
        "--daily-cap",
        "1000",
        "--warm-up",
        "20..14",
    ]);
    arguments.extend(["--share", "25", "--priority", "-3"]);
    succeed(&database, &arguments);
    let limits = "select rate_per_minute, rate_per_second, recipient_interval, recipient_burst, daily_cap, warm_up_from,
             warm_up_days, share, priority
         from zap.channel where name = 'new'";
    assert_eq!(
        s.rows(limits).await,
        [[
            "600", "20", "00:00:06", "45", "1000", "20", "14", "25", "-3"
        ]]
    );
}

/// Bad input: limits that no channel can keep.
#[tokio::test]
async fn impossible_limits_are_refused() {
    let (database, s) = open().await;
    let before = everything(&s).await;
    let impossible: [&[&str]; 16] = [
        &["--rate", "0/min"],
        &["--per-second", "0"],
        &["--per-second", "-1"],
        &["--rate", "30/min", "--per-second", "31"],
        &["--recipient-interval", "0s"],
        &["--recipient-interval", "900years"],
        &["--recipient-burst", "5"],
        &["--recipient-interval", "6s", "--recipient-burst", "0"],
        &["--daily-cap", "0"],
        &["--warm-up", "20..14"],
        &["--daily-cap", "10", "--warm-up", "20..14"],
        &["--daily-cap", "10", "--warm-up", "0..14"],
        &["--daily-cap", "10", "--warm-up", "5..0"],
        &["--share", "101"],
        &["--priority", "99999"],
        &["--delay", "3s..1s"],
    ];
    for limits in impossible {
        let mut arguments = CHANNEL.to_vec();
        arguments.extend(limits);
        refused(&database, &arguments);
    }
    assert_eq!(everything(&s).await, before);
}

/// Security: a reader may look from the command line, and change nothing; an administrator may do both.
#[tokio::test]
async fn roles_may_do_what_they_are_for() {
    let cluster = crate::cluster::Cluster::start("control", &[]);
    let (database, s) = crate::shop::open(&cluster).await;
    s.run("insert into zap.tenant (id) values ('1')").await;
    succeed(&database, &["setup"]);
    s.run(
        "create role looks login in role zap_reader;
         create role decides login in role zap_admin",
    )
    .await;
    crate::shop::place(&s, 1).await;
    let id = s.value("select id from zap.notification_queue").await;
    let as_role = |role: &str, arguments: &[&str]| {
        let mut command = zapgres(arguments);
        command.args(["--database-url", &database.url(role)]);
        command.stdin(Stdio::null()).output().expect("run zapgres")
    };
    for look in [
        &["queue", "overview"][..],
        &["queue", "list", "--tenant", "1"],
        &["queue", "show", &id],
        &["queue", "failed"],
        &["channel", "list"],
        &["daemon", "list"],
    ] {
        for role in ["looks", "decides"] {
            let output = as_role(role, look);
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{role} {look:?}: {complaint}");
        }
    }
    let cancel = ["queue", "cancel", &id];
    let complaint = as_role("looks", &cancel).stderr;
    let complaint = String::from_utf8_lossy(&complaint);
    assert!(complaint.contains("permission denied"), "{complaint}");
    assert!(as_role("decides", &cancel).status.success());
    let id = id.parse().expect("an id");
    assert_eq!(row(&s, id, "status").await, ["canceled"]);
    assert_eq!(
        super::queue::log(&s, id).await,
        [["canceled", "by decides"]]
    );
}
