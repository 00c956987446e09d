//! Adding a channel and asking its provider about it. The commands ask the sandbox, which each test has to serve meanwhile.

use std::fs;

use serde_json::json;

use crate::cluster::plain;
use crate::daemon::{run, succeed};
use crate::database::Database;
use crate::delivery::stand::Stand;
use crate::sandbox::Provider;
use crate::scratch;
use crate::wait;

const CHANNELS: &str = "select name from zap.channel order by name";

/// Adds the channel `loja` of company 1 with these further arguments.
fn add<'a>(provider: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["channel", "add", "loja", "--tenant", "1"];
    arguments.extend(["--provider", provider, "--credential", "env:SANDBOX_KEY"]);
    arguments.extend(further);
    arguments
}

/// Runs a command that is expected to be refused in one line, and returns that.
fn refused(database: &Database, arguments: &[&str]) -> String {
    let output = run(database, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    let lines = complaint.trim_end().lines().count();
    assert_eq!(lines, 1, "{arguments:?}: {complaint}");
    complaint
}

async fn without_channels() -> Stand {
    let stand = Stand::open(plain()).await;
    stand.session.run("delete from zap.channel").await;
    stand
}

/// O7: a key that the provider refuses is told at once, and the channel is not added, unless nobody is to be asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_with_a_wrong_key_is_not_added() {
    let mut stand = without_channels().await;
    stand.provider = Provider::start_requiring("another-key");
    let url = stand.provider.url();
    let mut arguments = add("evolution", &["--url", &url, "--instance", "loja"]);
    let complaint = refused(&stand.database, &arguments);
    assert!(
        complaint.contains("the channel is not added"),
        "{complaint}"
    );
    assert!(complaint.contains("--no-check"), "{complaint}");
    assert!(!complaint.contains("the-key"), "{complaint}");
    assert!(stand.session.column(CHANNELS).await.is_empty());
    arguments.push("--no-check");
    let said = succeed(&stand.database, &arguments);
    assert!(said.contains("the provider was not asked"), "{said}");
    assert_eq!(stand.session.column(CHANNELS).await, ["loja"]);
}

/// Bad input: what the provider does not know is refused with its name, and nothing is added.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_cannot_use_is_refused() {
    let stand = without_channels().await;
    let url = stand.provider.url();
    let at = ["--url", &url, "--instance", "loja"];
    let wrong: [(&[&str], &str); 6] = [
        (&["--option", "colour=red"], "colour"),
        (&["--option", "version=7"], "version"),
        (&["--option", "version"], "name=value"),
        (&["--secret", "token=s3cr3t"], "env:"),
        (&["--secret", "webhook_jwt=env:NOWHERE"], "NOWHERE"),
        // Misspelt, it would leave deliveries without a proof.
        (
            &["--secret", "webhook_jtw=env:SANDBOX_KEY"],
            "evolution knows no secret webhook_jtw; known: webhook_jwt, webhook_header",
        ),
    ];
    for (further, mentions) in wrong {
        let mut arguments = add("evolution", &at);
        arguments.extend(further);
        let complaint = refused(&stand.database, &arguments);
        assert!(complaint.contains(mentions), "{further:?}: {complaint}");
        assert!(!complaint.contains("s3cr3t"), "{complaint}");
    }
    let mut unasked = add("evolution", &at);
    unasked.extend(["--no-check", "--option", "colour=red"]);
    let complaint = refused(&stand.database, &unasked);
    assert!(complaint.contains("is not added: "), "{complaint}");
    let complaint = refused(&stand.database, &add("evolution", &["--instance", "loja"]));
    assert!(complaint.contains("--url"), "{complaint}");
    assert!(stand.session.column(CHANNELS).await.is_empty());
}

/// O7: a secret need not be where the command runs.
#[tokio::test]
async fn a_channel_whose_key_only_the_daemon_has_is_added_unasked() {
    let stand = without_channels().await;
    let at = ["--url", "http://127.0.0.1:1", "--instance", "loja"];
    let mut arguments = add("evolution", &at);
    arguments.extend(["--secret", "webhook_jwt=env:NOWHERE", "--no-check"]);
    succeed(&stand.database, &arguments);
    assert_eq!(stand.session.column(CHANNELS).await, ["loja"]);
}

/// P1: what only the provider knows is kept, and used by the daemon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_are_used() {
    let stand = without_channels().await;
    let url = stand.provider.url();
    let at = [
        "--url",
        &url,
        "--instance",
        "v1-loja",
        "--option",
        "version=1",
    ];
    succeed(&stand.database, &add("evolution", &at));
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    // The server is of version 1: a request of version 2 would have been refused first.
    assert_eq!(stand.provider.requests("schema_error").await, 0);
    let options = "select options from zap.channel";
    assert_eq!(stand.session.value(options).await, r#"{"version": 1}"#);
}

/// P1, T11: further secrets are kept as references, and used by the daemon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn further_secrets_are_used() {
    let mut stand = without_channels().await;
    stand.provider = Provider::start_requiring("the-gateway-key");
    let path = scratch::new_path("gateway_key");
    fs::write(&path, "the-gateway-key\n").expect("a key file");
    let secret = format!("gateway=file:{}", path.display());
    let url = format!("{}/message/sendText/loja", stand.provider.url());
    let gateway = [
        "--url",
        &url,
        "--instance",
        "loja",
        "--secret",
        &secret,
        "--option",
        r#"headers={"apikey": "{{ secrets.gateway }}"}"#,
        "--option",
        r#"body={"number": "{{ digits }}", "text": "{{ text }}"}"#,
        "--option",
        "message_id=/key/id",
    ];
    succeed(&stand.database, &add("http", &gateway));
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.requests("unauthorized").await, 0);
    let kept = stand
        .session
        .value("select secrets -> 'gateway' ->> 0 from zap.channel")
        .await;
    assert_eq!(format!("gateway={kept}"), secret);
}

/// P1: a provider that has one address for everybody needs none; its own limits hold.
#[tokio::test]
async fn a_channel_at_meta_needs_no_address() {
    let stand = without_channels().await;
    let arguments = add("meta", &["--instance", "1060", "--no-check"]);
    succeed(&stand.database, &arguments);
    let kept = "select base_url, rate_per_minute, rate_per_second, recipient_interval, recipient_burst, delay_max
         from zap.channel";
    let expected = [
        "https://graph.facebook.com",
        "null",
        "80",
        "00:00:06",
        "45",
        "00:00:00",
    ];
    assert_eq!(stand.session.rows(kept).await, [expected]);
}

/// P3: whether a channel works, and whether a number is on WhatsApp, can be asked at any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_tested() {
    let stand = Stand::open(plain()).await;
    let test = ["channel", "test", "channel_1"];
    let said = succeed(&stand.database, &test);
    assert!(said.contains("channel channel_1: connected"), "{said}");
    let with_number = [&test[..], &["--number", "+5531987654321"]].concat();
    let said = succeed(&stand.database, &with_number);
    assert!(
        said.contains("+5531987654321 is on WhatsApp, as 553187654321@s.whatsapp.net"),
        "{said}"
    );
    let absent = json!({"kind": "not_on_whatsapp", "recipient": "+5531987654321"});
    stand.provider.order_faults(&absent).await;
    let said = succeed(&stand.database, &with_number);
    assert!(said.contains("+5531987654321 is not on WhatsApp"), "{said}");
    assert_eq!(stand.provider.count().await, 0, "nothing is sent");

    let away = json!({"state": "disconnected"});
    stand
        .provider
        .set_connection("evolution", "instance_1", &away)
        .await;
    let output = run(&stand.database, &test);
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    let command = "zapgres channel connect channel_1";
    assert!(complaint.contains(command), "{complaint}");
    let complaint = refused(&stand.database, &["channel", "test", "fax"]);
    assert!(complaint.contains("zapgres channel list"), "{complaint}");
}

/// P7: a key that is replaced in its file is used without a restart.
#[tokio::test]
async fn a_replaced_key_is_used_at_once() {
    let mut stand = Stand::open(plain()).await;
    stand.provider = Provider::start_requiring("the-old-key");
    let path = scratch::new_path("key");
    fs::write(&path, "the-old-key").expect("a key file");
    stand
        .session
        .run(&format!(
            "update zap.channel set credential = 'file:{}', base_url = '{}'",
            path.display(),
            stand.provider.url()
        ))
        .await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;

    let address = std::mem::replace(&mut stand.provider, Provider::start())
        .stop()
        .await;
    stand.provider = Provider::start_requiring_at(address, "the-new-key");
    stand.place([2]).await;
    wait::until("the old key is refused", async || {
        stand.provider.requests("unauthorized").await > 0
    })
    .await;
    fs::write(&path, "the-new-key").expect("the new key");
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["2"]);
    assert!(!daemon.log().contains("the-new-key"));
}
