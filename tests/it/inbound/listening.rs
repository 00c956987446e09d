//! A daemon that listens for what providers deliver to a shop's channel.

use crate::daemon::{self, Daemon};
use crate::delivery::stand::Stand;

/// Starts it; its base address.
pub async fn listen(stand: &Stand) -> (Daemon, String) {
    let arguments = ["--sweep-interval", "0", "--listen", "127.0.0.1:0"];
    let daemon = Daemon::start(&stand.database, &arguments);
    daemon.until_it_says("listening").await;
    let log = daemon.log();
    let address = log.split("address=").nth(1).expect("its address");
    let address = address.split_whitespace().next().expect("its address");
    let base = format!("http://{}", address.trim_matches('"'));
    (daemon, base)
}

/// Makes a secret address of the channel below `base`, with these further arguments; what the command said.
pub async fn make_address(stand: &Stand, base: &str, further: &'static [&str]) -> String {
    let (database, base) = (stand.database.clone(), base.to_owned());
    // The sandbox, which may be asked, is a task of this thread.
    let said = tokio::task::spawn_blocking(move || {
        let mut arguments = vec!["channel", "webhook", "channel_1", "--url", &base];
        arguments.extend(further);
        daemon::succeed(&database, &arguments)
    });
    said.await.expect("the command")
}
