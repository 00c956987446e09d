//! A shop whose orders are sent to a sandbox.

use std::collections::BTreeMap;

use super::transitions;
use crate::cluster::Cluster;
use crate::daemon::Daemon;
use crate::database::Database;
use crate::sandbox::{Provider, text};
use crate::session::Session;
use crate::shop;
use crate::wait;

/// A message that is only the order's number: what arrived can be counted.
const NUMBER_ONLY: &str = "insert into zap.template (event, body)
     values ('order_received', '{{ order.id }}')";

/// The shop's database, a session on it, and its provider.
pub struct Stand {
    pub database: Database,
    pub session: Session,
    pub provider: Provider,
}

impl Stand {
    /// Company 1 has a channel, orders are complete at once, and a message says the order's id and nothing else.
    pub async fn open(cluster: &Cluster) -> Self {
        Self::open_with(cluster, &shop::tables("bigint")).await
    }

    /// The same with order tables of another shape.
    pub async fn open_with(cluster: &Cluster, tables: &str) -> Self {
        Self::open_in(cluster.database().await, tables).await
    }

    /// The same in a new database.
    pub async fn open_in(database: Database, tables: &str) -> Self {
        let (database, session) = shop::open_in(database, tables).await;
        let stand = Self {
            database,
            session,
            provider: Provider::start(),
        };
        stand
            .session
            .run("update zap.source set settle = '0'")
            .await;
        stand.session.run(NUMBER_ONLY).await;
        transitions::guard(&stand.session).await;
        stand.add_channel("1").await;
        stand
    }

    /// Gives a company a channel without pauses.
    pub async fn add_channel(&self, tenant: &str) {
        let url = self.provider.url();
        self.session
            .run(&format!(
                "insert into zap.tenant (id) values ('{tenant}') on conflict do nothing;
                 insert into zap.channel
                     (tenant_id, name, provider, base_url, instance, credential, delay_min, delay_max)
                 values
                     ('{tenant}', 'channel_{tenant}', 'evolution', '{url}', 'instance_{tenant}',
                      'env:SANDBOX_KEY', '0', '0')"
            ))
            .await;
    }

    /// Gives company 1 a further channel, preferred to those with a lower priority.
    pub async fn add_second_channel(&self, name: &str, url: &str, priority: i16) {
        self.session
            .run(&format!(
                "insert into zap.channel
                     (tenant_id, name, provider, base_url, instance, credential, delay_min, delay_max, priority)
                 values
                     ('1', '{name}', 'evolution', '{url}', '{name}', 'env:SANDBOX_KEY', '0', '0', {priority})"
            ))
            .await;
    }

    /// Gives the companies a time zone where it is noon: their day does not end while a test runs.
    pub async fn make_it_noon(&self) {
        let zone =
            "select 'Etc/GMT' || to_char(date_part('hour', now() at time zone 'UTC') - 12, 'SG99')";
        let zone = self.session.value(zone).await.replace(' ', "");
        self.session
            .run(&format!("update zap.tenant set timezone = '{zone}'"))
            .await;
    }

    /// Queues a message of company 1 as its API would, on the channel of `add_channel`, with these further columns.
    pub async fn queue(&self, subject: &str, text: &str, columns: &[(&str, &str)]) {
        let names: String = columns
            .iter()
            .map(|(name, _)| format!(", {name}"))
            .collect();
        let values: String = columns
            .iter()
            .map(|(_, value)| format!(", {value}"))
            .collect();
        self.session
            .run(&format!(
                "insert into zap.notification_queue
                     (event, subject, dedup_key, tenant_id, channel_id, recipient, body, resolved_at, expires_at{names})
                 select 'message', '{subject}', '{subject}:{text}', '1', c.id, '+5511987654321', '{text}',
                     clock_timestamp(), clock_timestamp() + interval '1 hour'{values}
                 from zap.channel as c where c.name = 'channel_1'"
            ))
            .await;
    }

    /// Queues as many messages of company 1 on `channel`, with texts from 1 on, to recipients that this expression of
    /// their number `g` makes.
    pub async fn queue_many(&self, channel: &str, count: u32, recipient: &str) {
        self.session
            .run(&format!(
                "insert into zap.notification_queue
                     (event, subject, dedup_key, tenant_id, channel_id, recipient, body, resolved_at, expires_at)
                 select 'message', g, 'many:' || c.id || ':' || g, c.tenant_id, c.id, {recipient}, g, clock_timestamp(),
                     clock_timestamp() + interval '1 hour'
                 from zap.channel as c, generate_series(1, {count}) as g where c.name = '{channel}'"
            ))
            .await;
    }

    /// The texts that an instance accepted, oldest first.
    pub async fn texts_of(&self, instance: &str) -> Vec<String> {
        let messages = self.provider.messages().await;
        let of_instance = messages
            .iter()
            .filter(|message| text(message, "instance") == instance);
        of_instance.map(|message| text(message, "text")).collect()
    }

    /// Starts the daemon.
    pub fn daemon(&self) -> Daemon {
        Daemon::start(&self.database, &["--sweep-interval", "0"])
    }

    /// Places orders of these keys, each in a transaction of its own.
    pub async fn place(&self, keys: impl IntoIterator<Item = u32>) {
        let place = |key| format!("begin; {}{} commit;", shop::order(key), shop::item(key));
        let statements: String = keys.into_iter().map(place).collect();
        self.session.run(&statements).await;
    }

    /// How often each order was accepted by the provider.
    pub async fn accepted(&self) -> BTreeMap<u32, usize> {
        let mut accepted = BTreeMap::new();
        for text in self.provider.texts().await {
            *accepted
                .entry(text.parse().expect("an order's id"))
                .or_default() += 1;
        }
        accepted
    }

    /// Waits until the provider has accepted as many different orders.
    pub async fn until_accepted(&self, orders: usize) {
        // To look at all of them again and again would keep a busy machine from sending them.
        let accepted = async || {
            self.provider.count().await >= orders as u64 && self.accepted().await.len() >= orders
        };
        if !wait::holds_within(wait::PATIENCE, accepted).await {
            let queue = "select subject, status, reason, attempts, error_class, last_error
                 from zap.notification_queue where status <> 'sent' order by id limit 5";
            let waiting = self.session.rows(queue).await;
            panic!(
                "{} of {orders} accepted; {waiting:?}",
                self.accepted().await.len()
            );
        }
    }

    /// Waits until the provider has accepted as many messages.
    pub async fn until_accepted_count(&self, messages: usize) {
        wait::until(&format!("{messages} messages are accepted"), async || {
            self.provider.count().await >= messages as u64
        })
        .await;
    }

    /// Waits until a query has these rows.
    pub async fn until_rows(&self, query: &str, rows: &[&[&str]]) {
        wait::until(&format!("{query} gives {rows:?}"), async || {
            self.session.rows(query).await == rows
        })
        .await;
    }

    /// Waits until the provider has accepted these texts, in this order.
    pub async fn until_accepted_texts(&self, texts: &[&str]) {
        wait::until(&format!("{texts:?} are accepted"), async || {
            self.provider.texts().await == texts
        })
        .await;
    }

    /// Waits until as many notifications are sent; a channel that was refused rests for a while first.
    pub async fn until_sent_within_minutes(&self, orders: u64) {
        let query = "select count(*) from zap.notification_queue where status = 'sent'";
        let sent = async || self.session.count(query).await == orders;
        assert!(
            wait::holds_within(4 * wait::PATIENCE, sent).await,
            "not {orders} sent"
        );
    }

    /// Waits until no notification and no missed subject is left to work on.
    pub async fn until_done(&self) {
        let left = "select (select count(*) from zap.missed)
             + (select count(*) from zap.notification_queue
                where status in ('pending', 'processing', 'retrying', 'uncertain'))";
        wait::until("nothing is left to do", async || {
            self.session.value(left).await == "0"
        })
        .await;
    }

    /// Waits until the server has noticed that a daemon is gone: its last statement may still be at work.
    pub async fn until_its_sessions_have_ended(&self) {
        let sessions = "select count(*) from pg_stat_activity
             where datname = current_database() and application_name like 'zapgres%'";
        wait::until("the daemon's sessions have ended", async || {
            self.session.value(sessions).await == "0"
        })
        .await;
    }

    /// Waits until an order's notification has this status, and returns its reason.
    pub async fn until_status(&self, key: u32, status: &str) -> String {
        let query =
            format!("select status, reason from zap.notification_queue where subject = '{key}'");
        let mut reason = String::new();
        wait::until(&format!("order {key} is {status}"), async || {
            let rows = self.session.rows(&query).await;
            rows.into_iter().any(|row| {
                reason.clone_from(&row[1]);
                row[0] == status
            })
        })
        .await;
        reason
    }

    /// Waits until an attempt at an order's notification was left without an answer and its repeat waits long enough,
    /// then makes the repeat due.
    pub async fn until_uncertain_and_hastened(&self, key: u32, attempt: u32) {
        let condition =
            format!("subject = '{key}' and status = 'uncertain' and attempts = {attempt}");
        let waits = format!(
            "select next_attempt_at - uncertain_at > '15 seconds' from zap.notification_queue where {condition}"
        );
        let mut found = Vec::new();
        wait::until(
            &format!("attempt {attempt} of order {key} is uncertain"),
            async || {
                found = self.session.column(&waits).await;
                !found.is_empty()
            },
        )
        .await;
        assert_eq!(found, ["t"]);
        let hasten = "update zap.notification_queue set next_attempt_at = clock_timestamp()";
        self.session
            .run(&format!("{hasten} where {condition}"))
            .await;
    }

    /// Waits until an order's notification has this status for this reason.
    pub async fn until_status_and_reason(&self, key: u32, status: &str, reason: &str) {
        let query = format!(
            "select count(*) from zap.notification_queue
             where subject = '{key}' and status = '{status}' and reason = '{reason}'"
        );
        wait::until(&format!("order {key} is {status} ({reason})"), async || {
            self.session.count(&query).await == 1
        })
        .await;
    }

    /// The one column of the one notification of an order.
    pub async fn of_order(&self, key: u32, column: &str) -> String {
        let query = format!("select {column} from zap.notification_queue where subject = '{key}'");
        self.session.value(&query).await
    }

    /// Events in the log of an order's notification, oldest first.
    pub async fn events(&self, key: u32) -> Vec<String> {
        self.session
            .column(&format!(
                "select l.event from zap.notification_logs as l
                 join zap.notification_queue as q on q.id = l.notification_id
                 where q.subject = '{key}' order by l.id"
            ))
            .await
    }
}
