//! `zapgres setup`.

use clap::Args;

use super::{CommandSettings, say};
use crate::{database, setup};

/// Create the roles for administrators, daemon and readers where missing, and grant what they need
///
/// Run it once per database as its administrator, and again after a context query has changed.
#[derive(Debug, Args)]
pub struct SetupCommand {
    /// Print the SQL instead of running it
    #[arg(long)]
    dry_run: bool,
    /// Take every right back, and drop the roles unless another database uses them
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl SetupCommand {
    /// Sets the roles up, or takes them back.
    pub async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let mut client = database::connect_command(&config).await?;
        let plan = if self.remove {
            setup::removal(&client).await?
        } else {
            setup::plan(&mut client).await?
        };
        if self.dry_run {
            print_script(&plan);
            return Ok(());
        }
        setup::run(&mut client, &plan).await?;
        for line in &plan.summary {
            say(line);
        }
        for warning in &plan.warnings {
            say(&format!("warning: {warning}"));
        }
        say(next_step(self.remove, &plan));
        Ok(())
    }
}

/// The plan as a script for psql.
fn print_script(plan: &setup::Plan) {
    say("begin;");
    for statement in &plan.statements {
        say(&format!("{statement};"));
    }
    say("commit;");
    for warning in &plan.warnings {
        say(&format!("-- warning: {warning}"));
    }
}

fn next_step(removed: bool, plan: &setup::Plan) -> &'static str {
    match (removed, plan.statements.is_empty()) {
        (false, _) => "next: let the daemon's login role in: grant zap_daemon to MY_LOGIN",
        (true, false) => "done: nothing of zapgres setup is left in this database",
        (true, true) => "nothing to take back in this database",
    }
}
