//! Codes of the decisions about a notification: what `zap.notification_logs.code`, `zap.notification_queue.reason` and
//! `zap.why` say. Stored and compared as text; what each means to a person is in `zap.code_text`.

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)+) => {
        $($(#[$meta])* pub const $name: &str = $text;)+

        /// Every code, in the order of an order's life.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

codes! {
    /// The order's transaction announced it.
    CAPTURED = "captured",
    /// The sweep found an order that capture had not announced.
    SWEPT = "swept",
    /// It could not enter the queue at once and was moved there later.
    MISSED_DRAINED = "missed_drained",
    /// Another message speaks for this one.
    COALESCED = "coalesced",
    /// A later event of the order took its place.
    SUPERSEDED = "superseded",
    /// The order is still changing.
    SETTLING = "settling",
    /// The source's `ready_when` does not hold yet.
    NOT_READY = "not_ready",
    /// The order is not there (any more).
    ORDER_GONE = "order_gone",
    /// Nobody told how to find what the message needs.
    NO_CONTEXT_QUERY = "no_context_query",
    /// The context query fails.
    CONTEXT_ERROR = "context_error",
    /// The order is older than the source's `max_age`.
    TOO_OLD = "too_old",
    /// Its company is not entered.
    TENANT_GONE = "tenant_gone",
    /// Its company is switched off.
    TENANT_DISABLED = "tenant_disabled",
    /// The order has no number to write to.
    NO_PHONE = "no_phone",
    /// What stands for a number is none.
    INVALID_PHONE = "invalid_phone",
    /// The text cannot be rendered.
    TEMPLATE_ERROR = "template_error",
    /// The database refuses to store the message.
    WRITE_ERROR = "write_error",
    /// Nobody is to be told of the event.
    NO_AUDIENCE = "no_audience",
    /// Another audience is told, too.
    TOLD = "told",
    /// Recipient and text are known.
    RESOLVED = "resolved",
    /// No channel can be used.
    NO_CHANNEL = "no_channel",
    /// The source is switched off.
    SOURCE_OFF = "source_off",
    /// A mode switches it off, for all, the company or the event.
    MODE_OFF = "mode_off",
    /// Everything but the sending was done.
    SHADOW = "shadow",
    /// The recipient wants no messages.
    OPTED_OUT = "opted_out",
    /// It could not be sent in time.
    EXPIRED = "expired",
    /// A person withdrew it.
    CANCELED = "canceled",
    /// A person had it taken up again.
    RETRIED = "retried",
    /// A person had it sent once more.
    RESENT = "resent",
    /// The provider accepted it.
    SENT = "sent",
    /// It is on the recipient's phone.
    DELIVERED = "delivered",
    /// It was read.
    READ = "read",
    /// An attempt failed and is repeated.
    RETRYING = "retrying",
    /// It was given up.
    FAILED = "failed",
    /// An attempt was left without an answer.
    UNCERTAIN = "uncertain",
    /// An attempt that may be a repeat.
    REPEATED = "repeated",
    /// The provider has the message whose answer was lost.
    RECONCILED = "reconciled",
    /// Another channel took it over.
    FALLBACK = "fallback",
    /// After a send without an answer a person decides.
    HELD = "held",
    /// A failure that passes.
    TRANSIENT = "transient",
    /// Too many messages.
    THROTTLED = "throttled",
    /// The recipient is not on WhatsApp.
    RECIPIENT_INVALID = "recipient_invalid",
    /// Free text is refused now.
    WINDOW_CLOSED = "window_closed",
    /// The channel's access is wrong.
    CHANNEL_AUTH = "channel_auth",
    /// The channel does not work.
    CHANNEL_DOWN = "channel_down",
    /// The provider refuses the message for good.
    REJECTED = "rejected",
    /// The database did not give what the message needs.
    SOURCE_ERROR = "source_error",
    /// It is due and waits for its turn.
    WAITING = "waiting",
    /// It is due later.
    DUE_LATER = "due_later",
    /// Nobody has looked at it yet.
    NOT_LOOKED_AT = "not_looked_at",
    /// The provider has not answered yet.
    IN_FLIGHT = "in_flight",
    /// No daemon is at work.
    NO_DAEMON = "no_daemon",
    /// This database is a copy that sends nothing.
    NOT_ADOPTED = "not_adopted",
    /// Sending is switched off.
    SENDING_OFF = "sending_off",
    /// Its company is paused.
    TENANT_PAUSED = "tenant_paused",
    /// Its channel is paused.
    CHANNEL_PAUSED = "channel_paused",
    /// Its channel is switched off.
    CHANNEL_DISABLED = "channel_disabled",
    /// Its source is paused.
    SOURCE_PAUSED = "source_paused",
    /// The channel does not work and is left alone for a while.
    BREAKER_OPEN = "breaker_open",
    /// The channel's phone is not connected.
    DISCONNECTED = "disconnected",
    /// Somebody's transaction keeps the channel from being used.
    CHANNEL_LOCKED = "channel_locked",
    /// The channel has sent what it may today.
    CHANNEL_CAP = "channel_cap",
    /// No daemon sends for the channel.
    NO_LEASE = "no_lease",
    /// The company has sent what it may today.
    DAILY_CAP = "daily_cap",
    /// The company has sent what it may this month.
    MONTHLY_CAP = "monthly_cap",
    /// The recipient's quiet hours.
    QUIET_HOURS = "quiet_hours",
    /// The company is closed.
    OUTSIDE_HOURS = "outside_hours",
    /// No table is attached.
    NO_SOURCE = "no_source",
    /// There is no such order.
    ORDER_UNKNOWN = "order_unknown",
    /// The source's tables cannot be read.
    SOURCE_UNREADABLE = "source_unreadable",
    /// The order has no items yet.
    NO_ITEMS = "no_items",
    /// Its table is detached.
    DETACHED = "detached",
    /// The table's trigger is gone.
    TRIGGER_MISSING = "trigger_missing",
    /// The table's trigger is disabled.
    TRIGGER_DISABLED = "trigger_disabled",
    /// Its transaction ran with `zap.enabled = off`.
    SILENCED = "silenced",
    /// `zap.enabled = off` is set for the database or a role.
    CAPTURE_OFF = "capture_off",
    /// The order is older than the attachment.
    BEFORE_ATTACH = "before_attach",
    /// Its announcement has left the queue by retention.
    FORGOTTEN = "forgotten",
    /// It could not enter the queue and waits for the daemon.
    MISSED = "missed",
    /// Capture did not see it, and nothing shows why.
    NOT_ANNOUNCED = "not_announced",
    /// Its source announces only changes from now on.
    NO_SUCH_EVENT = "no_such_event",
    /// A person paused a channel, company or source.
    PAUSED = "paused",
    /// A person ended a pause.
    RESUMED = "resumed",
    /// A person took a channel away.
    CHANNEL_REMOVED = "channel_removed",
    /// A person changed a setting.
    SETTING = "setting",
    /// A person changed what is entered of a company.
    TENANT = "tenant",
    /// A person enabled a company.
    ENABLED = "enabled",
    /// A person disabled a company.
    DISABLED = "disabled",
    /// A channel's connection changed.
    CONNECTION = "connection",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;
    use crate::error_class::ErrorClass;

    #[test]
    fn no_code_has_two_meanings() {
        assert_eq!(ALL.iter().collect::<BTreeSet<_>>().len(), ALL.len());
    }

    /// Why an attempt failed is explained by the class of its error.
    #[test]
    fn every_error_class_is_a_code() {
        for class in ErrorClass::ALL {
            assert!(ALL.contains(&class.as_str()), "{class}");
        }
    }
}
