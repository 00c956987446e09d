//! `zapgres sweep`.

use crate::config::Config;
use crate::sweep::{SourceReport, SourceResult, sweep_once};
use crate::{database, installation};

use super::say;

/// Searches once, for all sources, and says what was found.
pub async fn execute(config: Config) -> anyhow::Result<()> {
    let mut client = database::connect_command(&config).await?;
    // In a copy, what is found here would be sent by whoever adopts it.
    installation::check(&client).await?;
    let report = sweep_once(&mut client, &config.sweep).await?;
    for source in &report.sources {
        say(&tell(source));
    }
    let is_failure = |source: &&SourceReport| matches!(source.result, SourceResult::Failed(_));
    match report.sources.iter().filter(is_failure).count() {
        0 => Ok(()),
        failed => anyhow::bail!(
            "{failed} sources could not be swept; correct what is said above, and repeat"
        ),
    }
}

fn tell(source: &SourceReport) -> String {
    let relation = &source.relation;
    match &source.result {
        SourceResult::Swept(0) => format!("{relation}: nothing was missed"),
        SourceResult::Swept(count) => {
            format!("{relation}: {count} orders that capture missed are in the queue now")
        }
        SourceResult::NoRule => format!(
            "{relation}: not swept, no column tells which orders are recent; set created_column in zap.source"
        ),
        SourceResult::Failed(cause) => format!("{relation}: could not be swept: {cause}"),
    }
}
