//! Rows of `zap.setting` that cannot be used are as if they were not there; somebody should know.

use std::collections::HashSet;

use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::statement;

const INVALID_SETTINGS: &str = "-- invalid_settings
select s.problem, s.hint, s.tenant_id
from zap.invalid_settings() as s";

/// What was said already.
#[derive(Default)]
pub(super) struct Settings(HashSet<(Option<String>, String)>);

impl Settings {
    /// Looks once, and warns of what was not seen at the look before.
    pub(super) async fn look(&mut self, daemon: &Daemon) -> Result<(), DatabaseError> {
        let client = daemon.client().await?;
        let mut wrong = HashSet::new();
        for row in statement::rows(&client, INVALID_SETTINGS, &[]).await? {
            let (tenant, problem): (Option<String>, String) =
                (row.try_get("tenant_id")?, row.try_get("problem")?);
            let key = (tenant, problem);
            if !self.0.contains(&key) {
                let hint: &str = row.try_get("hint")?;
                let (tenant, problem) = (&key.0, &key.1);
                tracing::warn!(
                    tenant,
                    problem,
                    hint,
                    "a setting cannot be used: it is ignored"
                );
            }
            wrong.insert(key);
        }
        self.0 = wrong;
        Ok(())
    }
}
