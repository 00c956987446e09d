//! Secrets of channels, where they are and when a change of them holds.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::{Daemon, zapgres};
use crate::sandbox::Provider;
use crate::scratch;

/// Runs a command with this on its standard input.
fn run_with(mut command: Command, input: &str) -> Output {
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = pipes.spawn().expect("run zapgres");
    let mut stdin = process.stdin.take().expect("its input");
    // It may have ended without reading.
    stdin.write_all(input.as_bytes()).ok();
    drop(stdin);
    process.wait_with_output().expect("its output")
}

fn seal(key: &str, secret: &str) -> String {
    let output = run_with(zapgres(&["seal", "--seal-key", key]), secret);
    assert!(output.status.success(), "{output:?}");
    let sealed = String::from_utf8(output.stdout).expect("text");
    sealed.trim_end().to_owned()
}

fn new_key() -> String {
    let output = run_with(zapgres(&["seal", "--new-key"]), "");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// P7: a secret in the database is of no use without the key; with it, messages go out, and a key put right holds at once.
#[tokio::test]
async fn a_sealed_secret_sends_with_its_key_alone() {
    let mut stand = Stand::open(plain()).await;
    stand.provider = Provider::start_requiring("B6D711FC-DE4D");
    let path = scratch::new_path("seal_key");
    let reference = format!("file:{}", path.display());
    let key = new_key();
    fs::write(&path, &key).expect("a key file");
    let sealed = seal(&reference, "B6D711FC-DE4D\n");
    stand
        .session
        .run(&format!(
            "update zap.channel set credential = '{sealed}', base_url = '{}'",
            stand.provider.url()
        ))
        .await;

    fs::write(&path, new_key()).expect("another key");
    let arguments = ["--sweep-interval", "0", "--seal-key", &reference];
    let daemon = Daemon::start(&stand.database, &arguments);
    stand.place([1]).await;
    daemon.until_it_says("not sealed with this seal key").await;
    assert!(stand.accepted().await.is_empty());
    fs::write(&path, &key).expect("the key");
    stand.until_accepted(1).await;
    assert!(!daemon.log().contains("B6D711FC"));
}

/// Bad input: what cannot be sealed is told in one line.
#[test]
fn what_cannot_be_sealed_is_refused() {
    let mut bad_key = zapgres(&["seal", "--seal-key", "env:BAD_KEY"]);
    bad_key.env("BAD_KEY", "c2hvcnQ=");
    let mut empty = zapgres(&["seal", "--seal-key", "env:KEY"]);
    empty.env("KEY", new_key());
    for (command, secret, told) in [
        (zapgres(&["seal"]), "secret", "--seal-key"),
        (bad_key, "secret", "the seal key is not 32 bytes"),
        (empty, " \n", "standard input is empty"),
        (
            zapgres(&["seal", "--seal-key", "env:MISSING"]),
            "secret",
            "MISSING is not set",
        ),
    ] {
        let output = run_with(command, secret);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && complaint.contains(told),
            "{complaint}"
        );
        assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
    }
}
