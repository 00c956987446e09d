//! Who is told about an event: the customer, unless the source says otherwise, and whoever else it names.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use crate::run::statement;

/// The audience that needs no row.
pub(crate) const CUSTOMER: &str = "customer";

/// Few rows, read whole with each batch: a change holds for the next one.
pub(crate) const LOAD_AUDIENCES: &str = "-- load_audiences
select a.source_id, a.name, a.event, a.recipient, a.purpose, a.enabled
from zap.audience as a
order by a.id";

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audience {
    pub name: String,
    /// None: every event.
    pub event: Option<String>,
    /// A number, or Jinja text over the context; none: the context query's recipient.
    pub recipient: Option<String>,
    /// Of the channels that its messages go through.
    pub purpose: Option<String>,
    pub enabled: bool,
}

impl Audience {
    /// The customer, of whom a source says nothing.
    pub(crate) fn customer() -> Self {
        Self {
            name: CUSTOMER.to_owned(),
            event: None,
            recipient: None,
            purpose: None,
            enabled: true,
        }
    }

    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            name: row.try_get("name")?,
            event: row.try_get("event")?,
            recipient: row.try_get("recipient")?,
            purpose: row.try_get("purpose")?,
            enabled: row.try_get("enabled")?,
        })
    }
}

/// The audiences of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Audiences(Vec<Audience>);

impl Audiences {
    /// Those that are told about `event`, the customer first; a row for the event holds before one for every event.
    pub(crate) fn of_event(&self, event: &str) -> Vec<Audience> {
        let customer = self.named(CUSTOMER, event).cloned();
        let mut told = vec![customer.unwrap_or_else(Audience::customer)];
        for audience in &self.0 {
            if told.iter().all(|known| known.name != audience.name) {
                told.extend(self.named(&audience.name, event).cloned());
            }
        }
        told.retain(|audience| audience.enabled);
        told
    }

    /// The recipient that is configured for an audience of an event.
    pub(crate) fn recipient_of(&self, name: &str, event: &str) -> Option<&str> {
        self.named(name, event)?.recipient.as_deref()
    }

    fn named(&self, name: &str, event: &str) -> Option<&Audience> {
        let of_name = || self.0.iter().filter(|audience| audience.name == name);
        of_name()
            .find(|audience| audience.event.as_deref() == Some(event))
            .or_else(|| of_name().find(|audience| audience.event.is_none()))
    }
}

/// All audiences by source.
pub(crate) async fn load(
    client: &impl GenericClient,
) -> Result<HashMap<i64, Audiences>, tokio_postgres::Error> {
    let mut audiences: HashMap<i64, Audiences> = HashMap::new();
    for row in statement::rows(client, LOAD_AUDIENCES, &[]).await? {
        let of_source = audiences.entry(row.try_get("source_id")?).or_default();
        of_source.0.push(Audience::from_row(&row)?);
    }
    Ok(audiences)
}

#[cfg(test)]
impl From<Vec<Audience>> for Audiences {
    fn from(audiences: Vec<Audience>) -> Self {
        Self(audiences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audience(name: &str, event: Option<&str>, enabled: bool) -> Audience {
        Audience {
            name: name.to_owned(),
            event: event.map(str::to_owned),
            enabled,
            ..Audience::customer()
        }
    }

    fn told(audiences: &[Audience]) -> Vec<String> {
        let audiences = Audiences::from(audiences.to_vec());
        let told = audiences.of_event("order_received");
        told.into_iter().map(|audience| audience.name).collect()
    }

    #[test]
    fn the_customer_is_told_unless_a_row_says_otherwise() {
        assert_eq!(told(&[]), ["customer"]);
        assert_eq!(told(&[audience("shop", None, true)]), ["customer", "shop"]);
        let silent = audience("customer", None, false);
        assert_eq!(told(std::slice::from_ref(&silent)), [""; 0]);
        assert_eq!(told(&[silent, audience("shop", None, true)]), ["shop"]);
    }

    #[test]
    fn what_holds_for_the_event_goes_before_what_holds_for_all() {
        let all = audience("shop", None, true);
        let not_this = audience("shop", Some("order_received"), false);
        let not_others = audience("shop", Some("order_paid"), false);
        assert_eq!(told(&[all.clone(), not_this]), ["customer"]);
        assert_eq!(told(&[not_others.clone(), all]), ["customer", "shop"]);
        assert_eq!(told(&[not_others]), ["customer"]);
    }
}
