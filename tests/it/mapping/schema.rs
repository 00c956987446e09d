//! A schema, its orders, and what becomes of them.

use super::golden;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::database::Database;
use crate::sandbox::Provider;
use crate::session::Session;
use crate::shop;
use crate::wait;

/// The SQL files of a schema, and how it is attached.
pub struct Schema {
    pub name: &'static str,
    pub tables: &'static str,
    pub orders: &'static str,
    /// Empty: by CREATE EXTENSION.
    pub attach: &'static str,
}

/// How an application writes an order.
#[derive(Debug, Clone, Copy)]
pub enum Transactions {
    One,
    Each,
}

/// A database with a schema that is attached.
pub struct Shop {
    pub database: Database,
    pub session: Session,
    pub provider: Provider,
}

impl Shop {
    /// Attaches it; each company that its orders name has a channel.
    pub async fn open(schema: &Schema, tenants: &[&str]) -> Self {
        let (database, session) = shop::open_in(plain().database().await, schema.tables).await;
        session.run(schema.attach).await;
        let provider = Provider::start();
        let url = provider.url();
        for tenant in tenants {
            session
                .run(&format!(
                    "insert into zap.tenant (id) values ('{tenant}') on conflict do nothing;
                     insert into zap.channel
                         (tenant_id, name, provider, base_url, instance, credential, delay_min, delay_max)
                     values ('{tenant}', 'channel_{tenant}', 'evolution', '{url}', 'instance', 'env:SANDBOX_KEY', '0', '0')"
                ))
                .await;
        }
        Self {
            database,
            session,
            provider,
        }
    }

    /// Places the schema's orders.
    pub async fn order(&self, schema: &Schema, transactions: Transactions) {
        match transactions {
            Transactions::One => self.session.run(schema.orders).await,
            Transactions::Each => {
                for statement in schema.orders.split_inclusive(";\n") {
                    self.session.run(statement).await;
                }
            }
        }
    }

    /// What the context query says of every order that is queued: sorted, times left out, but for the hour in a key.
    pub async fn contexts(&self) -> String {
        let statement = self
            .session
            .value("select zap.context_statement(id) from zap.source order by id limit 1")
            .await
            .replace(
                "$1",
                "array(select distinct subject from zap.notification_queue)",
            );
        let rows = self
            .session
            .rows(&format!(
                "with q as ({statement})
                 select {}, tenant, recipient, {}, created_at is not null from q order by subject collate \"C\"",
                any_hour("subject"),
                any_hour("jsonb_pretty(jsonb_set(context, '{order,created_at}', to_jsonb(context #>> '{order,created_at}' is not null)))"),
            ))
            .await;
        let text = |row: &Vec<String>| {
            format!(
                "subject {}, tenant {}, recipient {}, has a time: {}\n{}\n",
                row[0], row[1], row[2], row[4], row[3]
            )
        };
        rows.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    /// Waits until all that is queued is sent, and returns the texts, sorted.
    pub async fn texts(&self, orders: usize) -> Vec<String> {
        let _daemon = Daemon::start(&self.database, &["--sweep-interval", "0"]);
        let sent = async || self.provider.texts().await.len() >= orders;
        if !wait::holds_within(wait::PATIENCE, sent).await {
            let rows = "select subject, event, status, reason, recipient, last_error from zap.notification_queue";
            panic!("{:?}", self.session.rows(rows).await);
        }
        let mut texts = self.provider.texts().await;
        texts.sort();
        texts
    }
}

/// The text of an SQL expression, where every full hour reads the same.
fn any_hour(expression: &str) -> String {
    format!(r"regexp_replace({expression}, '\d{{4}}-\d\d-\d\d \d\d:00:00', 'THIS HOUR', 'g')")
}

/// Attaches, orders both ways, and compares contexts and messages with what was read.
pub async fn assert_understood(schema: &Schema, tenants: &[&str], orders: usize) {
    for transactions in [Transactions::One, Transactions::Each] {
        let shop = Shop::open(schema, tenants).await;
        shop.session
            .run("update zap.source set settle = '1 second', max_settle = '5 seconds'")
            .await;
        let query = "select context_query from zap.source order by id limit 1";
        golden::assert_same(
            &format!("{}.query.sql", schema.name),
            &(shop.session.value(query).await + "\n"),
        );
        shop.order(schema, transactions).await;
        golden::assert_same(
            &format!("{}.contexts.txt", schema.name),
            &shop.contexts().await,
        );
        let texts = shop.texts(orders).await;
        let messages = texts.join("\n----\n") + "\n";
        golden::assert_same(&format!("{}.messages.txt", schema.name), &messages);
    }
}
