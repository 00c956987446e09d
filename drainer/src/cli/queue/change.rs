//! `zapgres queue cancel`, `retry` and `resend`.

use clap::Args;
use tokio_postgres::Client;

use super::filter::FilterFlags;
use crate::cli::{CommandSettings, confirm, say};
use crate::control::{self, Action, ControlError, Filter};
use crate::database;

/// With `--yes`, so often a count that has changed is taken anew.
const COUNTS: usize = 10;

/// Which notifications, and whether to ask.
#[derive(Debug, Args)]
pub struct ChangeCommand {
    /// Their ids
    #[arg(value_name = "ID", required_unless_present_any = ["filter", "all"], conflicts_with = "filter")]
    ids: Vec<i64>,
    #[command(flatten)]
    filter: FilterFlags,
    /// All to which it applies
    #[arg(long, conflicts_with_all = ["ids", "filter"])]
    all: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

/// Take up again what failed; by id or `--status` also what expired, was skipped or canceled; with `--reason held` what is held
#[derive(Debug, Args)]
pub struct RetryCommand {
    /// So many of them in a minute, in the order of their capture
    #[arg(long, value_name = "N", conflicts_with = "ids", value_parser = clap::value_parser!(i32).range(1..))]
    per_minute: Option<i32>,
    #[command(flatten)]
    change: ChangeCommand,
}

impl RetryCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let per_minute = self.per_minute;
        self.change.execute(Action::Retry { per_minute }).await
    }
}

impl ChangeCommand {
    /// Does it.
    pub async fn execute(self, action: Action) -> anyhow::Result<()> {
        let mut client = database::connect_command(&self.settings.load()?).await?;
        if !self.ids.is_empty() {
            for id in control::change(&mut client, action, &self.ids).await? {
                let new = if action == Action::Resend { " as" } else { "" };
                say(&format!("{}{new} {id}", done(action)));
            }
            return Ok(());
        }
        // A million rows take longer than a command's statement may otherwise.
        client
            .batch_execute("-- change\nset statement_timeout = '1h'")
            .await?;
        by_filter(&client, action, &self.filter.into_filter(), self.yes).await
    }
}

async fn by_filter(
    client: &Client,
    action: Action,
    filter: &Filter,
    yes: bool,
) -> anyhow::Result<()> {
    let mut count = control::count(client, action, filter).await?;
    if count == 0 {
        say("no notification matches; nothing was changed");
        return Ok(());
    }
    if !yes {
        let question = format!("{} to {}. Go on?", notifications(count), verb(action));
        anyhow::ensure!(
            confirm::can_ask(),
            "{} to {}, and no terminal to ask on; nothing was changed (add --yes to go on)",
            notifications(count),
            verb(action)
        );
        anyhow::ensure!(confirm::is_confirmed(&question), "nothing was changed");
    }
    for _ in 1..COUNTS {
        match control::change_matching(client, action, filter, count).await {
            Err(ControlError::CountChanged { matching, .. }) if yes => count = matching,
            result => return tell(action, result?),
        }
    }
    tell(
        action,
        control::change_matching(client, action, filter, count).await?,
    )
}

fn tell(action: Action, count: i64) -> anyhow::Result<()> {
    say(&format!("{} {}", notifications(count), done(action)));
    Ok(())
}

fn notifications(count: i64) -> String {
    match count {
        1 => "1 notification".to_owned(),
        _ => format!("{count} notifications"),
    }
}

const fn verb(action: Action) -> &'static str {
    match action {
        Action::Cancel => "cancel",
        Action::Retry { .. } => "take up",
        Action::Resend => "send once more",
    }
}

const fn done(action: Action) -> &'static str {
    match action {
        Action::Cancel => "canceled",
        Action::Retry { .. } => "taken up again",
        Action::Resend => "repeated",
    }
}
