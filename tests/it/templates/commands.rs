//! The same from the command line.

use crate::cluster::plain;
use crate::daemon::{run, succeed};
use crate::delivery::stand::Stand;
use crate::shop;

/// B5: an order as it would be sent, numbers masked unless asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_previewed() {
    let stand = Stand::open(plain()).await;
    stand.place([1]).await;
    let said = succeed(&stand.database, &["preview", "1"]);
    assert!(said.starts_with("order_received to customer +*********4321, channel channel_1, tenant 1, text 1:1\n\n1\n"), "{said}");
    let file = stand.database.name().to_owned() + ".txt";
    let file = std::env::temp_dir().join(file);
    std::fs::write(&file, "Fone {{ customer.phone | telefone }}\n").expect("a file");
    let file = file.to_str().expect("a path");
    let said = succeed(
        &stand.database,
        &["preview", "1", "--file", file, "--full", "--json"],
    );
    let rows: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(rows[0]["body"], "Fone (11) 98765-4321");
    assert_eq!(rows[0]["recipient"], "+5511987654321");
    assert!(!succeed(&stand.database, &["preview", "1", "--file", file]).contains("98765"));
}

/// O6: a text's life on the command line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_saved_shown_and_put_into_use() {
    let stand = Stand::open(plain()).await;
    let database = &stand.database;
    let file = std::env::temp_dir().join(database.name().to_owned() + ".jinja");
    let path = file.to_str().expect("a path");
    let event = ["--event", "order_ready"];
    let with = |arguments: &[&str]| succeed(database, &[arguments, &event[..]].concat());
    assert!(with(&["template", "show"]).contains("está pronto"));
    std::fs::write(&file, "Pronto, {{ customer.name | primeiro_nome }}!\n").expect("a file");
    assert_eq!(succeed(database, &["template", "check", path]), "good\n");
    assert_eq!(
        with(&["template", "save", path]),
        "version 1 of order_ready saved, in use\n"
    );
    assert_eq!(
        with(&["template", "show"]),
        "Pronto, {{ customer.name | primeiro_nome }}!\n"
    );
    assert!(succeed(database, &["template", "list"]).contains("order_ready"));
    assert!(with(&["template", "history"]).contains("Pronto"));
    assert_eq!(
        with(&["template", "activate", "--builtin"]),
        "no version of order_ready is now in use\n"
    );
    assert_eq!(
        with(&["template", "activate", "1"]),
        "version 1 of order_ready is now in use\n"
    );
    std::fs::write(&file, "{{ order.numbr }}").expect("a file");
    for arguments in [
        &["template", "check", path][..],
        &["template", "save", path, "--event", "order_ready"],
    ] {
        let output = run(database, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && complaint.contains("did you mean \"order.number\"?"),
            "{complaint}"
        );
        assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
    }
    let missing = [
        "template",
        "check",
        "/nowhere/pronto.txt",
        "--event",
        "order_ready",
    ];
    let complaint = run(database, &missing).stderr;
    let complaint = String::from_utf8_lossy(&complaint);
    assert!(complaint.contains("No such file"), "{complaint}");
    std::fs::write(&file, "Pronto").expect("a file");
    for action in ["save", "check"] {
        let said = succeed(
            database,
            &["template", action, path, "--event", "order_redy"],
        );
        assert!(said.contains("did you mean order_ready?"), "{said}");
    }
}

/// O15: an audience of one's own has no text to show, and that is said.
#[tokio::test]
async fn a_text_that_is_not_there_is_not_shown() {
    let (database, _s) = shop::open(plain()).await;
    let arguments = [
        "template",
        "show",
        "--event",
        "order_ready",
        "--audience",
        "kitchen",
    ];
    let output = run(&database, &arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success()
            && complaint.contains("there is no text of order_ready for audience kitchen"),
        "{complaint}"
    );
}

/// O6: the command says that a text is in a language that nobody speaks.
#[tokio::test]
async fn a_text_that_nobody_reads_is_said_to_be_so() {
    let (database, _s) = shop::open(plain()).await;
    let file = std::env::temp_dir().join(database.name().to_owned() + ".es");
    std::fs::write(&file, "Hola").expect("a file");
    let path = file.to_str().expect("a path");
    let save = [
        "template",
        "save",
        path,
        "--event",
        "order_ready",
        "--locale",
        "es",
    ];
    assert_eq!(
        succeed(&database, &save),
        "version 1 of order_ready saved, in use\n\
         nobody reads it yet: it is in es, and its readers' language is pt-BR (save it with --locale)\n"
    );
}
