//! What the provider accepted, against what was ordered and what the queue says.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde_json::Value;

use super::proxy::LAG;
use super::{LIMITED, PER_SECOND};
use crate::sandbox::{Provider, text};
use crate::session::Session;

/// What was ordered: the first item makes an order.
const ORDERS: &str = "select distinct i.pedido_id from pedido_itens as i order by 1";

/// A notification as the queue has it.
const ROWS: &str = "select q.subject, q.status, q.attempts, coalesce(q.provider_message_id, ''),
         q.uncertain_at is not null or coalesce(q.metadata ->> 'repeat_possible', '') = 'true',
         coalesce(q.error_class, '')
     from zap.notification_queue as q";

/// Stretches of time in which more was accepted than `$limit` per second, one second's worth in advance, and `$lag`
/// seconds' worth that was late allow.
const TOO_MANY: &str = "with accepted as (
         select value::timestamptz as at, row_number() over (order by value) as number
         from jsonb_array_elements_text('$times')
     )
     select count(*) from accepted as a join accepted as b on b.number > a.number
     where b.number - a.number + 1 > $limit * (1 + $lag + extract(epoch from b.at - a.at))";

/// What happened to an order's notification, step by step.
const STEPS: &str = "select l.logged_at, l.event, l.attempt, l.error_class, l.detail
     from zap.notification_logs as l
     join zap.notification_queue as q on q.id = l.notification_id";

/// The judgement.
#[derive(Default)]
pub struct Verdict {
    orders: usize,
    accepted: usize,
    sent: usize,
    lost: Vec<String>,
    duplicated: usize,
    flagged: usize,
    unflagged: Vec<String>,
    /// Given up after three attempts without an answer, though accepted: the queue says that it may have arrived.
    given_up: usize,
    disagreements: Vec<(String, String)>,
    over_limit: u64,
}

struct Row {
    status: String,
    attempts: usize,
    provider_message_id: String,
    is_flagged: bool,
    error_class: String,
}

impl Verdict {
    /// Compares, when everything is quiet.
    pub async fn of(provider: &Provider, session: &Session) -> Self {
        let orders = session.column(ORDERS).await;
        let mut accepted = accepted_ids(provider).await;
        let mut rows = rows(session).await;
        let mut verdict = Self {
            orders: orders.len(),
            accepted: accepted.values().map(Vec::len).sum(),
            ..Self::default()
        };
        for order in orders {
            let ids = accepted.remove(&order).unwrap_or_default();
            verdict.judge(order.clone(), rows.remove(&order).unwrap_or_default(), &ids);
        }
        for order in accepted.into_keys().chain(rows.into_keys()) {
            verdict.disagree(order, "announced, and never ordered");
        }
        verdict.over_limit = over_limit(provider, session).await;
        verdict
    }

    fn judge(&mut self, order: String, rows: Vec<Row>, accepted: &[String]) {
        if accepted.is_empty() {
            self.lost.push(order.clone());
        }
        let [row] = &rows[..] else {
            return self.disagree(order, &format!("{} rows", rows.len()));
        };
        self.sent += usize::from(row.status == "sent");
        self.flagged += usize::from(row.is_flagged);
        if accepted.len() > 1 {
            self.duplicated += 1;
            if !row.is_flagged {
                self.unflagged.push(order.clone());
            }
        }
        if let Some(how) = self.disagreement(row, accepted) {
            self.disagree(order, &how);
        }
    }

    fn disagreement(&mut self, row: &Row, accepted: &[String]) -> Option<String> {
        let id = &row.provider_message_id;
        if accepted.len() > row.attempts {
            return Some(format!("accepted in {} attempts", row.attempts));
        }
        match row.status.as_str() {
            "sent" if accepted.is_empty() => Some("sent, and never accepted".to_owned()),
            "sent" if !id.is_empty() && !accepted.contains(id) => Some(format!("sent as {id}")),
            "sent" => None,
            "failed" if row.error_class == "uncertain" && !accepted.is_empty() => {
                self.given_up += 1;
                None
            }
            status => Some(format!("{status}, accepted {} times", accepted.len())),
        }
    }

    fn disagree(&mut self, order: String, how: &str) {
        self.disagreements.push((order, how.to_owned()));
    }

    /// Nothing lost, no repeat that is not flagged, no contradiction, no limit exceeded.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty()
            && self.unflagged.is_empty()
            && self.disagreements.is_empty()
            && self.over_limit == 0
    }

    /// All that is known of the first orders of each kind of trouble.
    pub async fn stories(&self, provider: &Provider, session: &Session) -> String {
        let mut stories = String::new();
        let disagreeing = self
            .disagreements
            .iter()
            .map(|(order, how)| (order, how.as_str()));
        let lost = self.lost.iter().map(|order| (order, "lost"));
        let unflagged = self
            .unflagged
            .iter()
            .map(|order| (order, "repeated, not flagged"));
        for (order, what) in lost
            .take(5)
            .chain(unflagged.take(5))
            .chain(disagreeing.take(10))
        {
            stories += &format!("--- order {order}: {what}\n");
            let condition = format!("where q.subject = '{order}'");
            let row = "select to_jsonb(q) from zap.notification_queue as q";
            for row in session.column(&format!("{row} {condition}")).await {
                stories += &format!("{row}\n");
            }
            for step in session
                .rows(&format!("{STEPS} {condition} order by l.id"))
                .await
            {
                stories += &format!("{}\n", step.join(" "));
            }
            for message in provider.messages().await {
                if text(&message, "text") == *order {
                    stories += &format!("{message}\n");
                }
            }
        }
        stories
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "ordered {}, accepted {}, sent {}, given up as uncertain {}",
            self.orders, self.accepted, self.sent, self.given_up
        )?;
        writeln!(
            f,
            "lost {}, duplicated {} (unflagged {}), flagged {}, contradictions {}, limit exceeded {}",
            self.lost.len(),
            self.duplicated,
            self.unflagged.len(),
            self.flagged,
            self.disagreements.len(),
            self.over_limit
        )
    }
}

/// How often the channel with a limit exceeded it.
async fn over_limit(provider: &Provider, session: &Session) -> u64 {
    let messages = provider.messages_at(LIMITED).await.into_iter();
    let times: Vec<_> = messages
        .map(|message| text(&message, "accepted_at"))
        .collect();
    let statement = TOO_MANY
        .replace("$times", &Value::from(times).to_string())
        .replace("$limit", &PER_SECOND.to_string())
        .replace("$lag", &LAG.as_secs_f64().to_string());
    session.count(&statement).await
}

/// The provider's ids of the messages it accepted about each order.
async fn accepted_ids(provider: &Provider) -> BTreeMap<String, Vec<String>> {
    let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for message in provider.messages().await {
        let order = text(&message, "text");
        ids.entry(order).or_default().push(text(&message, "id"));
    }
    ids
}

async fn rows(session: &Session) -> BTreeMap<String, Vec<Row>> {
    let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for columns in session.rows(ROWS).await {
        let [subject, status, attempts, id, is_flagged, error_class] =
            columns.try_into().expect("six columns");
        rows.entry(subject).or_default().push(Row {
            status,
            attempts: attempts.parse().expect("a count"),
            provider_message_id: id,
            is_flagged: is_flagged == "t",
            error_class,
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(status: &str, is_flagged: bool) -> Row {
        Row {
            status: status.to_owned(),
            attempts: 2,
            provider_message_id: String::new(),
            is_flagged,
            error_class: "uncertain".to_owned(),
        }
    }

    fn judged(row: Row, accepted: &[&str]) -> Verdict {
        let accepted: Vec<_> = accepted.iter().map(|id| (*id).to_owned()).collect();
        let mut verdict = Verdict::default();
        verdict.judge("1".to_owned(), vec![row], &accepted);
        verdict
    }

    /// The judge itself: what may be, passes.
    #[test]
    fn a_flagged_repeat_and_a_told_doubt_are_clean() {
        assert!(judged(row("sent", false), &["A"]).is_clean());
        assert!(judged(row("sent", true), &["A", "B"]).is_clean());
        assert!(judged(row("failed", true), &["A"]).is_clean());
    }

    /// The judge itself: what must not be, is seen.
    #[test]
    fn losses_silent_repeats_and_contradictions_are_seen() {
        for (row, accepted) in [
            (row("sent", true), &[][..]),
            (row("failed", true), &[]),
            (row("sent", false), &["A", "B"]),
            (row("sent", true), &["A", "B", "C"]),
            (row("expired", true), &["A"]),
            (
                Row {
                    provider_message_id: "X".to_owned(),
                    ..row("sent", false)
                },
                &["A"],
            ),
        ] {
            assert!(!judged(row, accepted).is_clean(), "{accepted:?}");
        }
    }
}
