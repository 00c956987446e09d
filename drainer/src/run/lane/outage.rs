//! While the channel does not work: what waits goes elsewhere, and when it works again, what failed is tried again soon.

use std::time::Duration;

use tokio::time::Instant;

use super::Lane;
use super::fallback::{fall_back, other_channels};
use super::hastening::Hastening;
use super::health::{Health, Takes};
use super::order::Order;
use super::ready::Ready;
use super::recovery::hasten;
use super::supply::Supply;
use super::tempo::Tempo;
use crate::database::DatabaseError;

/// How often another channel is looked for that works.
const FALLBACK_INTERVAL: Duration = Duration::from_secs(1);

/// When to see after what.
#[derive(Debug, Default)]
pub(super) struct Care {
    fall_back_at: Option<Instant>,
    hastening: Hastening,
}

impl Lane {
    /// Learns what those who had the channel before have left, once.
    pub(super) async fn learn(&mut self) -> Result<(), DatabaseError> {
        if self.supply.is_some() {
            return Ok(());
        }
        let client = self.daemon.client().await?;
        let order = Order::load(&client, self.channel_id).await?;
        self.health = Some(Health::load(&client, self.channel_id).await?);
        self.supply = Some(Supply::new(order));
        self.tempo = Tempo::new(Instant::now(), self.lease.is_first());
        Ok(())
    }

    /// Says that the channel does not work any more.
    pub(super) fn tell_opened(&mut self, error: String) {
        let channel = self.name();
        tracing::error!(
            channel,
            error,
            "the channel does not work; from time to time a message shows whether it works again"
        );
        let now = Instant::now();
        self.care.fall_back_at = Some(now);
        self.care.hastening.opened(now);
    }

    /// Says that the channel works again.
    pub(super) fn tell_closed(&mut self) {
        let channel = self.name();
        tracing::info!(channel, "the channel works again");
        self.care.fall_back_at = None;
        self.care.hastening.closed(Instant::now());
    }

    /// The channel's name, as far as it is known.
    pub(super) fn name(&self) -> String {
        let settings = self.settings.as_ref();
        settings.map_or_else(
            || self.channel_id.to_string(),
            |(_, settings)| settings.name.clone(),
        )
    }

    /// Writes down whether the channel works, and makes due what failed only because it did not.
    pub(super) async fn keep_health(&mut self) -> Result<(), DatabaseError> {
        let now = Instant::now();
        let Some(health) = &mut self.health else {
            return Ok(());
        };
        let works_for = self.care.hastening.is_due(now);
        if !health.is_news() && works_for.is_none() {
            return Ok(());
        }
        let client = self.daemon.client().await?;
        if health.is_news() {
            health
                .store(&client, self.channel_id, self.lease.epoch)
                .await?;
        }
        if let Some(works_for) = works_for {
            self.care.hastening.done(now);
            if hasten(&client, self.channel_id, works_for).await? > 0 {
                self.supply_mut().look_after(Duration::ZERO);
            }
        }
        Ok(())
    }

    /// When there is something to see after, at the latest.
    pub(super) fn next_care(&self) -> Option<Instant> {
        // Once a probe is due, what waits is for the probe.
        let fall_back_at = match self.takes() {
            Takes::From(_) | Takes::Nothing => self.care.fall_back_at,
            Takes::All | Takes::One | Takes::Probe => None,
        };
        self.next_hastening().into_iter().chain(fall_back_at).min()
    }

    /// When something may have to be made due.
    pub(super) fn next_hastening(&self) -> Option<Instant> {
        self.care.hastening.next()
    }

    /// Moves what is due to another channel of the company, if one works; returns whether there may be more.
    pub(super) async fn fall_back(&mut self) -> Result<bool, DatabaseError> {
        let now = Instant::now();
        let Some(health) = &self.health else {
            return Ok(false);
        };
        if !health.is_down() || self.care.fall_back_at.is_some_and(|at| at > now) {
            return Ok(false);
        }
        let cause = health.cause().to_owned();
        self.care.fall_back_at = Some(now + FALLBACK_INTERVAL);
        let client = self.daemon.client().await?;
        let Some(channels) = other_channels(&client, self.channel_id).await? else {
            return Ok(false);
        };
        let rows = self.movable();
        if rows.is_empty() {
            return Ok(false);
        }
        let moved = fall_back(&client, self.channel_id, &channels, &rows, &cause).await;
        // What could not be moved is found again.
        self.supply_mut().look_after(Duration::ZERO);
        for channel in moved? {
            self.daemon.wake_lane(channel);
        }
        self.care.fall_back_at = Some(now);
        Ok(true)
    }

    /// Takes from the queue what was certainly not sent and has nothing before it that may have been.
    fn movable(&mut self) -> Vec<Ready> {
        let Some(supply) = &mut self.supply else {
            return Vec::new();
        };
        supply.queue.release_all();
        let mut movable = Vec::new();
        let mut staying = Vec::new();
        while let Some(row) = supply.queue.next() {
            let stays = row.unanswered
                || self.busy.contains(&row.recipient)
                || self.daemon.in_flight.contains(row.id)
                || supply.order.holds_back(&row);
            if stays {
                staying.push(row);
            } else {
                supply.queue.forget(&row);
                movable.push(row);
            }
        }
        supply.queue.put_back(staying);
        movable
    }

    /// How many requests the lane may begin now, or when it may.
    pub(super) fn takes(&self) -> Takes {
        self.health.as_ref().map_or(Takes::Nothing, Health::takes)
    }
}
