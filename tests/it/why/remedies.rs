//! Doing what a remedy says, to the letter.

use super::{Step, standing};
use crate::daemon;
use crate::delivery::stand::Stand;

/// What stands between an SQL statement and the command that is to follow it.
const THEN: &str = "e então: ";

/// The remedy of the last step, which has this code.
pub async fn remedy(stand: &Stand, subject: &str, code: &str) -> String {
    let step: Step = standing(&stand.session, subject).await;
    assert_eq!(step.code, code, "{step:?}");
    assert_ne!(step.remedy, "null", "{step:?}");
    step.remedy
}

/// Does what the remedy of the last step says, which has this code: SQL or commands, and the command that is to follow.
pub async fn follow(stand: &Stand, subject: &str, code: &str) {
    let remedy = remedy(stand, subject, code).await;
    if remedy.starts_with("zapgres ") {
        type_in(stand, &remedy).await;
    } else {
        stand.session.run(&remedy).await;
    }
    if let Some((_, command)) = remedy.split_once(THEN) {
        type_in(stand, command).await;
    }
}

/// Does only what follows in the remedy when its prose is done.
pub async fn follow_after_prose(stand: &Stand, subject: &str, code: &str) {
    let remedy = remedy(stand, subject, code).await;
    let (_, command) = remedy.split_once(": zapgres ").expect("a command");
    type_in(stand, &format!("zapgres {command}")).await;
}

/// Runs a command as somebody types it.
pub async fn type_in(stand: &Stand, line: &str) {
    let (database, typed) = (stand.database.clone(), line.to_owned());
    // The sandbox, which may be asked, is a task of this thread.
    let output = tokio::task::spawn_blocking(move || daemon::type_in(&database, &typed)).await;
    let output = output.expect("the command");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {said}{complaint}");
}
