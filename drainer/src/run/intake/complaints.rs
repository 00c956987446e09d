//! What was logged as wrong with messages: said once when it begins, and once when it is over.

use std::collections::{HashMap, HashSet};

use zapgres_core::error_text::presentable;

use super::claim::Captured;
use super::source::Source;
use super::tenant::TextKey;

/// Errors of single orders that are remembered; the memory begins anew after that many.
const ORDERS_CAP: usize = 1000;

/// What is wrong now.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    /// Sources whose context query does not work, and why.
    queries: HashMap<i64, String>,
    /// Texts that do not work.
    texts: HashMap<TextKey, String>,
    /// Errors of single orders, by source.
    orders: HashSet<(Option<i64>, String)>,
}

impl Complaints {
    /// A source's context query does not work.
    pub(crate) fn about_query(&mut self, source: &Source, cause: &str) {
        if self
            .queries
            .get(&source.id)
            .is_none_or(|said| said != cause)
        {
            tracing::error!(
                source_id = source.id,
                relation = source.relation,
                cause,
                "the context query does not work; its orders wait"
            );
            self.queries.insert(source.id, cause.to_owned());
        }
    }

    /// A source's context query works.
    pub(crate) fn query_works(&mut self, source: &Source) {
        if self.queries.remove(&source.id).is_some() {
            tracing::info!(
                source_id = source.id,
                relation = source.relation,
                "the context query works again"
            );
        }
    }

    /// One order's data cannot be used.
    pub(crate) fn about_order(&mut self, source: &Source, subject: &str, cause: &str) {
        if self.is_new(Some(source.id), cause) {
            tracing::warn!(
                source_id = source.id,
                relation = source.relation,
                subject,
                cause,
                "the data of an order cannot be used; it waits"
            );
        }
    }

    /// What was decided about one order cannot be written.
    pub(crate) fn about_writing(&mut self, row: &Captured, cause: &str) {
        if self.is_new(row.source_id, cause) {
            tracing::error!(
                notification_id = row.id,
                cause = presentable(cause),
                "a message cannot be written to the queue; it waits"
            );
        }
    }

    /// What is entered of a company cannot be used.
    pub(crate) fn about_tenant(&mut self, tenant: &str, cause: &str) {
        if self.is_new(None, &format!("{tenant}: {cause}")) {
            tracing::warn!(
                tenant,
                cause,
                "opening hours cannot be used: it counts as always open"
            );
        }
    }

    fn is_new(&mut self, source_id: Option<i64>, cause: &str) -> bool {
        if self.orders.len() >= ORDERS_CAP {
            self.orders.clear();
        }
        self.orders.insert((source_id, cause.to_owned()))
    }

    /// The text `body` does not work for an order. That it works for another one does not end it.
    pub(crate) fn about_text(&mut self, key: TextKey, body: &str, cause: &str) {
        if self.texts.get(&key).is_none_or(|said| said != body) {
            let TextKey {
                tenant,
                event,
                audience,
                locale,
            } = &key;
            tracing::error!(
                tenant,
                event,
                audience,
                locale,
                cause,
                "a message's text does not work; orders wait"
            );
            self.texts.insert(key, body.to_owned());
        }
    }

    /// The text `body` works.
    pub(crate) fn text_works(&mut self, key: &TextKey, body: &str) {
        if self.texts.get(key).is_some_and(|said| said != body) {
            self.texts.remove(key);
            let TextKey {
                tenant,
                event,
                audience,
                locale,
            } = key;
            tracing::info!(
                tenant,
                event,
                audience,
                locale,
                "the message's text works again"
            );
        }
    }
}
