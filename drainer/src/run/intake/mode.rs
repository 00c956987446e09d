//! What is switched off, or shall do everything but send: for all, a company, an event.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use zapgres_core::error_text::presentable;

use super::decide::{Decision, Message};
use super::source::{Mode, Source};
use crate::run::channels::Choice;
use crate::run::statement;

/// Longest part of a text that the log shows.
const EXCERPT_CHARACTERS: usize = 140;

/// Few rows, read whole with each batch: a change holds for the next one. What cannot be used is as if it were not there.
pub(crate) const LOAD_MODES: &str = "-- load_modes
select s.tenant_id, nullif(pg_catalog.substr(s.key, 6), '') as event, s.value #>> '{}' as mode
from zap.setting as s
where (s.key = 'mode' or s.key like 'mode:%') and s.value in ('\"off\"', '\"shadow\"')";

/// Restrictions by company and event; none is all of them.
#[derive(Debug, Default)]
pub(crate) struct Modes(HashMap<(Option<String>, Option<String>), Mode>);

impl Modes {
    /// The most restrictive mode that applies.
    pub(crate) fn effective(&self, source: &Source, tenant: &str, event: &str) -> Mode {
        if self.0.is_empty() {
            return source.mode;
        }
        let tenants = [None, Some(tenant)];
        let set = tenants
            .into_iter()
            .flat_map(|tenant| self.of(tenant, event));
        set.min().map_or(source.mode, |mode| mode.min(source.mode))
    }

    /// Whether to ask the context query at all: where nothing is announced, no company need be known.
    pub(crate) fn before_asking(&self, event: &str) -> Result<(), Decision> {
        if self.of(None, event).any(|mode| mode == Mode::Off) {
            return Err(Decision::skip("mode_off"));
        }
        Ok(())
    }

    /// The effective mode, unless nothing is to be written for it.
    pub(crate) fn before_composing(
        &self,
        source: &Source,
        tenant: &str,
        event: &str,
    ) -> Result<Mode, Decision> {
        let mode = self.effective(source, tenant, event);
        if mode != Mode::Off {
            return Ok(mode);
        }
        let message = Message {
            tenant_id: Some(tenant.to_owned()),
            ..Message::default()
        };
        Err(Decision::Skip {
            reason: "mode_off",
            message: Box::new(message),
            detail: None,
        })
    }

    fn of(&self, tenant: Option<&str>, event: &str) -> impl Iterator<Item = Mode> {
        let of_event = |event: Option<&str>| {
            let key = (tenant.map(str::to_owned), event.map(str::to_owned));
            self.0.get(&key).copied()
        };
        [of_event(None), of_event(Some(event))]
            .into_iter()
            .flatten()
    }
}

/// All restrictions.
pub(crate) async fn load(client: &impl GenericClient) -> Result<Modes, tokio_postgres::Error> {
    let mut modes = HashMap::new();
    for row in statement::rows(client, LOAD_MODES, &[]).await? {
        let mode = match row.try_get("mode")? {
            "off" => Mode::Off,
            _ => Mode::Shadow,
        };
        modes.insert((row.try_get("tenant_id")?, row.try_get("event")?), mode);
    }
    Ok(Modes(modes))
}

/// What would have gone out, for the log.
pub(crate) fn unsent(message: &Message, channel: Option<&Choice>) -> String {
    let recipient = presentable(message.recipient.as_deref().unwrap_or_default());
    let channel = channel.map_or("no channel", |chosen| chosen.name.as_str());
    let version = message.template_version.as_deref().unwrap_or_default();
    let text = presentable(message.body.as_deref().unwrap_or_default());
    let excerpt: String = text.chars().take(EXCERPT_CHARACTERS).collect();
    format!("to {recipient} through {channel}, template {version}: {excerpt}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::intake::audience::Audiences;

    fn source(mode: Mode) -> Source {
        Source {
            id: 1,
            version: "1".to_owned(),
            relation: "public.pedido_itens".to_owned(),
            has_context_query: true,
            mode,
            settle: Duration::ZERO,
            max_settle: Duration::ZERO,
            max_age: Duration::ZERO,
            expires_after: Duration::ZERO,
            max_attempts: 8,
            old_key: None,
            has_twins: false,
            supersedes: false,
            audiences: Audiences::default(),
        }
    }

    /// O7: the most restrictive of global, company, event and source holds.
    #[test]
    fn the_most_restrictive_mode_holds() {
        let own = |text: &str| Some(text.to_owned());
        let modes = Modes(HashMap::from([
            ((None, own("order_paid")), Mode::Shadow),
            ((own("5"), None), Mode::Shadow),
            ((own("5"), own("order_ready")), Mode::Off),
        ]));
        let live = source(Mode::Live);
        let mode = |tenant, event| modes.effective(&live, tenant, event);
        assert_eq!(mode("6", "order_received"), Mode::Live);
        assert_eq!(mode("6", "order_paid"), Mode::Shadow);
        assert_eq!(mode("5", "order_received"), Mode::Shadow);
        assert_eq!(mode("5", "order_ready"), Mode::Off);
        assert_eq!(mode("6", "order_ready"), Mode::Live);
        let shadow = source(Mode::Shadow);
        assert_eq!(modes.effective(&shadow, "6", "order_ready"), Mode::Shadow);
        assert_eq!(Modes::default().effective(&shadow, "6", "x"), Mode::Shadow);
        let everything_off = Modes(HashMap::from([((None, None), Mode::Off)]));
        assert_eq!(everything_off.effective(&shadow, "6", "x"), Mode::Off);
        assert!(everything_off.before_asking("x").is_err());
        assert!(modes.before_asking("order_ready").is_ok());
    }

    /// P1: the log shows no number, and no more than it has to.
    #[test]
    fn what_would_have_gone_out_is_one_short_line() {
        let message = Message {
            recipient: Some("+5511987654321".to_owned()),
            body: Some("Oi\nAna ".to_owned() + &"x".repeat(300)),
            template_version: Some("1:2".to_owned()),
            ..Message::default()
        };
        let line = unsent(&message, None);
        assert!(
            line.starts_with("to +*********4321 through no channel, template 1:2: Oi Ana xxx"),
            "{line}"
        );
        assert!(!line.contains('\n') && line.chars().count() < 200, "{line}");
    }
}
