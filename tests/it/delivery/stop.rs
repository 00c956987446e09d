//! A stop ends in time, whatever does not answer.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::stand::Stand;
use crate::cluster::{Cluster, plain};
use crate::daemon::Daemon;
use crate::shop::{item, order_at};
use crate::wait;

/// A server whose processes stand still; dropped, they go on.
struct Frozen(Vec<String>);

impl Frozen {
    async fn freeze(stand: &Stand) -> Self {
        let directory = stand.session.value("show data_directory").await;
        let postmaster = std::fs::read_to_string(format!("{directory}/postmaster.pid"));
        let postmaster = postmaster.expect("the server's process");
        let mut processes = stand
            .session
            .column("select pid from pg_stat_activity")
            .await;
        processes.extend(postmaster.lines().next().map(str::to_owned));
        let frozen = Self(processes);
        frozen.signal("-STOP");
        frozen
    }

    fn signal(&self, signal: &str) {
        for process in &self.0 {
            let sent = Command::new("kill").args([signal, process]).status();
            sent.expect("run kill");
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// O9: a server that does not answer any more does not keep the daemon from stopping: its disk hangs, or its machine does.
#[tokio::test]
async fn a_stop_ends_in_time_while_the_server_does_not_answer() {
    let cluster = Cluster::start("frozen", &[]);
    let stand = Stand::open(&cluster).await;
    let delay = json!({"kind": "delay", "ms": 1000});
    stand.provider.order_faults(&delay).await;
    for key in 1..=200 {
        let order = format!("begin; {}{} commit;", order_at(1, key), item(key));
        stand.session.run(&order).await;
    }
    let arguments = ["--sweep-interval", "0", "--shutdown-timeout", "3s"];
    let mut daemon = Daemon::start(&stand.database, &arguments);
    stand.until_accepted(15).await;
    let frozen = Frozen::freeze(&stand).await;
    // Everything that the daemon does is stuck by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    daemon.signal("TERM");
    wait::until("it ends", async || !daemon.is_running()).await;
    assert!(daemon.log().contains("stopped"));
    drop(frozen);
    let _successor = Daemon::start(&stand.database, &["--sweep-interval", "0"]);
    stand.provider.clear_faults().await;
    stand.until_accepted(200).await;
}

/// O9: a file that is being looked at keeps nobody waiting, and its message is left as if nothing had been tried.
#[tokio::test]
async fn a_stop_does_not_wait_for_a_file() {
    let stand = Stand::open(plain()).await;
    // Whoever connects gets no answer.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/a.jpg", silent.local_addr().expect("its address"));
    let mut daemon = Daemon::start(
        &stand.database,
        &[
            "--sweep-interval",
            "0",
            "--send-timeout",
            "50s",
            "--shutdown-timeout",
            "60s",
        ],
    );
    let ask = format!(
        r#"select zap.send_message('channel_1', '+5511987654321', null, 'image', '{{"url": "{url}"}}')"#
    );
    let id = stand.session.value(&ask).await;
    let asked = tokio::task::spawn_blocking(move || silent.accept()).await;
    let _asked = asked.expect("no panic").expect("it is asked for");
    daemon.signal("TERM");
    let ended = wait::holds_within(Duration::from_secs(12), async || !daemon.is_running()).await;
    assert!(ended, "it waits for the file");
    let row = format!("select status, attempts from zap.notification_queue where id = {id}");
    assert_eq!(stand.session.rows(&row).await, [["retrying", "0"]]);
}
