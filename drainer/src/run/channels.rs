//! The channels of companies, and which of them serves a recipient.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::GenericClient;
use zapgres_core::route::{self, Candidate};

use super::statement;

/// Uses `channel_by_tenant`. A channel that does not work is tried again with the next message as soon as its probe is due:
/// with nothing to send on it, nobody would ever learn that it works again.
pub(crate) const LOAD_CHANNELS: &str = "-- load_channels
select
    c.tenant_id, c.id, c.name, c.purpose, c.share, c.paused_at is not null as is_paused,
    coalesce(s.breaker, 'closed') = 'closed' or s.breaker_probe_at <= pg_catalog.clock_timestamp() as works
from zap.channel as c
left join zap.channel_state as s on c.id = s.channel_id
where c.tenant_id = any ($1) and c.enabled
order by c.tenant_id, c.priority desc, c.id";

/// Channels of a company that are enabled, the preferred ones first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Channels(Vec<Channel>);

/// A channel, as far as the choice needs it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Channel {
    pub id: i64,
    pub name: String,
    /// Only for messages of this purpose; none: for all.
    pub purpose: Option<String>,
    pub share: u8,
    pub is_paused: bool,
    /// As far as is known.
    pub works: bool,
}

/// A channel that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub channel_id: i64,
    pub name: String,
    /// Why it is not the one that serves this recipient otherwise.
    pub fallback: Option<String>,
}

impl Channels {
    /// The channel for a message of this purpose to `recipient`: one of that purpose, else a general one; without a purpose
    /// a general one. None when the company has none. Where none works, messages wait on the one that they would go to
    /// otherwise; where all are paused, for the end of a pause.
    pub(crate) fn choose(&self, recipient: &str, purpose: Option<&str>) -> Option<Choice> {
        let eligible = self.eligible(purpose);
        let regular = choose_among(&eligible, recipient, |channel| !channel.is_paused)
            .or_else(|| choose_among(&eligible, recipient, |_| true))?;
        let usable = |channel: &Channel| channel.works && !channel.is_paused;
        let chosen = choose_among(&eligible, recipient, usable);
        let chosen = chosen.unwrap_or(regular);
        let fallback = (chosen.id != regular.id)
            .then(|| format!("channel_down: from {} to {}", regular.name, chosen.name));
        Some(Choice {
            channel_id: chosen.id,
            name: chosen.name.clone(),
            fallback,
        })
    }

    /// Purposes for which there are channels, the general one among them as none.
    pub(crate) fn purposes(&self) -> BTreeSet<Option<&str>> {
        let with_a_share = self.0.iter().filter(|channel| channel.share > 0);
        with_a_share
            .map(|channel| channel.purpose.as_deref())
            .collect()
    }

    fn eligible(&self, purpose: Option<&str>) -> Vec<&Channel> {
        let is_own =
            |channel: &&Channel| purpose.is_some() && channel.purpose.as_deref() == purpose;
        let own = self.0.iter().filter(is_own);
        let general = self.0.iter().filter(|channel| channel.purpose.is_none());
        own.chain(general).collect()
    }
}

fn choose_among<'a>(
    channels: &[&'a Channel],
    recipient: &str,
    usable: impl Fn(&Channel) -> bool,
) -> Option<&'a Channel> {
    let candidates: Vec<Candidate> = channels
        .iter()
        .map(|channel| Candidate {
            id: channel.id,
            share: channel.share,
            usable: usable(channel),
        })
        .collect();
    let id = route::choose(&candidates, recipient)?;
    channels.iter().find(|channel| channel.id == id).copied()
}

/// The channels of these companies.
pub(crate) async fn load(
    client: &impl GenericClient,
    tenants: &[&str],
) -> Result<HashMap<String, Channels>, tokio_postgres::Error> {
    let mut channels: HashMap<String, Channels> = HashMap::new();
    for row in statement::rows(client, LOAD_CHANNELS, &[&tenants]).await? {
        let share: i16 = row.try_get("share")?;
        let channel = Channel {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            purpose: row.try_get("purpose")?,
            share: u8::try_from(share).unwrap_or_default(),
            is_paused: row.try_get("is_paused")?,
            works: row.try_get("works")?,
        };
        let of_tenant = channels.entry(row.try_get("tenant_id")?).or_default();
        of_tenant.0.push(channel);
    }
    Ok(channels)
}

#[cfg(test)]
impl Channels {
    /// Channels with their shares and whether they work; their ids are their places from 1 on.
    pub(crate) fn of(channels: &[(u8, bool)]) -> Self {
        let numbered = (1..).zip(channels);
        Self(
            numbered
                .map(|(id, (share, works))| Channel {
                    id,
                    name: format!("c{id}"),
                    purpose: None,
                    share: *share,
                    is_paused: false,
                    works: *works,
                })
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(channels: &[(u8, bool)]) -> Option<Choice> {
        Channels::of(channels).choose("+5511987654321", None)
    }

    fn plainly(channel_id: i64) -> Option<Choice> {
        Some(Choice {
            channel_id,
            name: format!("c{channel_id}"),
            fallback: None,
        })
    }

    /// T9: the next channel takes over, says why, and nothing is without a channel only because none works.
    #[test]
    fn the_next_channel_stands_in_for_one_that_does_not_work() {
        assert_eq!(choice(&[(100, true), (100, true)]), plainly(1));
        let stand_in = Choice {
            channel_id: 2,
            name: "c2".to_owned(),
            fallback: Some("channel_down: from c1 to c2".to_owned()),
        };
        assert_eq!(choice(&[(100, false), (100, true)]), Some(stand_in));
        assert_eq!(choice(&[(100, false), (100, false)]), plainly(1));
        assert_eq!(choice(&[(0, true), (100, true)]), plainly(2));
        assert_eq!(choice(&[(0, true)]), None);
        assert_eq!(choice(&[]), None);
    }

    /// Q1: a paused channel's messages go to another one, and wait for it where there is none.
    #[test]
    fn a_paused_channel_is_the_last_resort() {
        let mut channels = Channels::of(&[(100, true), (100, false)]);
        channels.0[0].is_paused = true;
        assert_eq!(channels.choose("a", None), plainly(2));
        channels.0[1].is_paused = true;
        assert_eq!(channels.choose("a", None), plainly(1));
    }

    /// O7: a purpose has its own channels, stood in for by general ones, and leaves the others' alone.
    #[test]
    fn a_message_goes_through_a_channel_of_its_purpose() {
        let mut channels = Channels::of(&[(100, true), (100, true), (100, true)]);
        channels.0[1].purpose = Some("kitchen".to_owned());
        channels.0[2].purpose = Some("courier".to_owned());
        assert_eq!(channels.choose("a", None), plainly(1));
        assert_eq!(channels.choose("a", Some("kitchen")), plainly(2));
        assert_eq!(channels.choose("a", Some("marketing")), plainly(1));
        channels.0[1].works = false;
        let stand_in = channels.choose("a", Some("kitchen")).unwrap();
        assert_eq!(stand_in.channel_id, 1);
        assert!(stand_in.fallback.is_some());
        channels.0[0].purpose = Some("shop".to_owned());
        assert_eq!(channels.choose("a", None), None);
    }
}
