//! Keeping the local queue filled, with as few looks at the queue table as possible.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio::time::Instant;

use super::order::{Order, Pair};
use super::queue::Queue;
use super::ready::{self, Ready};
use crate::run::lanes::News;

/// Under a snapshot that somebody holds, a look from the beginning walks over what is dead: such looks take at most this
/// part of the time.
const LOOK_PART: u32 = 20;
/// Even then a retry is not put off for longer.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(10);
/// Who has something in line waits for the channel, and looks as seldom for what nobody told it of;
const REMINDER_PAUSE: Duration = Duration::from_secs(10);
/// who has only what waits for recipients, more often.
const REMINDER_PAUSE_ASIDE: Duration = Duration::from_secs(2);
/// How often those are asked about that hold others up.
const REVIEW_INTERVAL: Duration = Duration::from_secs(1);

/// What may be sent next, and when to look for more.
#[derive(Debug)]
pub(crate) struct Supply {
    pub queue: Queue,
    pub order: Order,
    look_wanted: bool,
    look_not_before: Instant,
    looked_at: Option<Instant>,
    /// Much that is parked makes reading what is open take long: it must not hold up looks.
    refresh_not_before: Instant,
    next_due: Option<Instant>,
    review_at: Instant,
    /// When recipients that are set aside may get their next message.
    set_aside_until: BinaryHeap<Reverse<(Instant, String)>>,
}

impl Supply {
    /// Nothing is known yet but what those before left open.
    pub(crate) fn new(order: Order) -> Self {
        let now = Instant::now();
        Self {
            queue: Queue::default(),
            order,
            look_wanted: true,
            look_not_before: now,
            looked_at: None,
            refresh_not_before: now,
            next_due: None,
            review_at: now,
            set_aside_until: BinaryHeap::new(),
        }
    }

    /// Takes in what was handed over; where there is no room for it, or somebody says so, it looks itself.
    pub(crate) fn take_news(&mut self, news: News, batch: usize) {
        if self.queue.has_room(news.ready.len(), batch) {
            for row in news.ready {
                self.queue.hand_over(row);
            }
        } else {
            self.look_wanted = true;
        }
        self.look_wanted |= news.look || news.reminder && self.needs_reminder();
    }

    fn needs_reminder(&self) -> bool {
        let pause = if self.queue.has_in_line() {
            REMINDER_PAUSE
        } else {
            REMINDER_PAUSE_ASIDE
        };
        let is_long_ago = |at: Instant| at.elapsed() >= pause;
        self.queue.is_empty() || self.looked_at.is_none_or(is_long_ago)
    }

    /// Looks again, not before the time.
    pub(crate) fn look_after(&mut self, pause: Duration) {
        self.look_wanted = true;
        self.look_not_before = self.look_not_before.max(Instant::now() + pause);
    }

    /// Nothing may be sent now: what was found is looked for again.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.set_aside_until.clear();
        self.look_wanted = true;
    }

    /// Whether there is a reason to ask the database.
    pub(crate) fn wants(&mut self, batch: usize) -> bool {
        self.release_due();
        self.may_look() || self.may_review() || self.queue.wanted(batch).is_some()
    }

    /// Looks for more, where there may be some. `in_flight` is asked for what this process has in flight.
    pub(crate) async fn fill(
        &mut self,
        client: &impl GenericClient,
        channel_id: i64,
        batch: usize,
        in_flight: impl Fn() -> HashSet<i64>,
    ) -> Result<(), tokio_postgres::Error> {
        if self.may_review() {
            self.review_at = Instant::now() + REVIEW_INTERVAL;
            if self.order.review(client, channel_id).await? {
                self.queue.release_all();
            }
        }
        if self.may_look() {
            let begin = Instant::now();
            let in_flight = in_flight();
            let look = ready::look(client, channel_id, batch, &BTreeMap::new(), &[]).await?;
            // After the look: it may have found some that were moved here behind others that are open.
            let looked = Instant::now();
            if self.refresh_not_before <= looked {
                self.order.refresh(client, channel_id, &in_flight).await?;
                let took = looked.elapsed();
                self.refresh_not_before = looked + (took * LOOK_PART).min(LOOK_PAUSE_MAX);
            }
            self.clear();
            self.look_wanted = false;
            self.queue.take_in(look.rows, batch);
            let end = looked;
            self.looked_at = Some(end);
            self.next_due = look.next_due.map(|wait| end + wait);
            self.look_not_before = end + ((end - begin) * LOOK_PART).min(LOOK_PAUSE_MAX);
        } else if let Some((limit, floors)) = self.queue.wanted(batch) {
            let crowded = self.queue.crowded();
            let look = ready::look(client, channel_id, limit, &floors, &crowded).await?;
            self.queue.take_in(look.rows, limit);
        }
        Ok(())
    }

    fn may_look(&self) -> bool {
        let now = Instant::now();
        let is_due = self.next_due.is_some_and(|due| due <= now);
        (self.look_wanted || is_due) && self.look_not_before <= now
    }

    fn may_review(&self) -> bool {
        self.order.has_doubts() && self.review_at <= Instant::now()
    }

    /// When there may be something to do, if nothing else happens; none: only a wake-up changes anything.
    pub(crate) fn next_time(&self) -> Option<Instant> {
        let look = if self.look_wanted {
            Some(self.look_not_before)
        } else {
            self.next_due.map(|due| due.max(self.look_not_before))
        };
        let review = self.order.has_doubts().then_some(self.review_at);
        let released = self.set_aside_until.peek().map(|Reverse((at, _))| *at);
        [look, review, released].into_iter().flatten().min()
    }

    /// Keeps a notification until its recipient may get it.
    pub(crate) fn set_aside_until(&mut self, row: Ready, at: Instant) {
        let entry = Reverse((at, row.recipient.clone()));
        self.set_aside_until.push(entry);
        self.queue.set_aside(row);
    }

    /// Puts a notification in line again after a pause.
    pub(crate) fn queue_later(&mut self, row: Ready, pause: Duration) {
        if self.queue.readmit(&row) {
            self.set_aside_until(row, Instant::now() + pause);
        }
    }

    fn release_due(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, _))) = self.set_aside_until.peek()
            && *at <= now
        {
            if let Some(Reverse((_, recipient))) = self.set_aside_until.pop() {
                self.look_wanted |= self.queue.release(&recipient);
            }
        }
    }

    /// An attempt at it begins, or it is asked about.
    pub(crate) fn begin(&mut self, row: &Ready) {
        self.queue.forget(row);
        self.order.begin(Pair::of(row), row.id);
    }

    /// The attempt has ended; `is_open`: there will be another one.
    pub(crate) fn end(&mut self, pair: Pair, id: i64, recipient: &str, is_open: bool) {
        if !is_open {
            self.order.end(pair, id);
        }
        self.look_wanted |= self.queue.release(recipient);
    }

    /// Whether an earlier message to the same recipient about the same subject comes first.
    pub(crate) fn holds_back(&mut self, row: &Ready) -> bool {
        self.queue.holds_earlier(row) || self.order.holds_back(row)
    }
}
