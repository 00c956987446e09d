//! Flags that say which notifications a command is about.

use clap::Args;

use crate::control::Filter;

/// Each flag narrows; a notification is meant when all of them hold.
#[derive(Debug, Clone, Args)]
#[group(id = "filter", multiple = true)]
pub struct FilterFlags {
    /// Their status; several with commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    /// Their company
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Their channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// The attached table that they come from
    #[arg(long, value_name = "TABLE")]
    source: Option<String>,
    #[arg(long, help = "What happened, such as order_received")]
    event: Option<String>,
    /// Class of their last error, such as transient
    #[arg(long, value_name = "CLASS")]
    error_class: Option<String>,
    #[arg(
        long,
        value_name = "CODE",
        help = "Why they wait or ended, such as no_channel"
    )]
    reason: Option<String>,
    /// What they are about: an order's id
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Captured at this time or later, such as '2026-11-20 18:00-03'
    #[arg(long, value_name = "TIME")]
    captured_after: Option<String>,
    /// Captured before this time
    #[arg(long, value_name = "TIME")]
    captured_before: Option<String>,
}

impl FilterFlags {
    /// The filter they make.
    pub fn into_filter(self) -> Filter {
        let Self {
            status,
            tenant,
            channel,
            source,
            event,
            error_class,
            reason,
            subject,
            captured_after,
            captured_before,
        } = self;
        Filter {
            status,
            tenant,
            channel,
            source,
            event,
            error_class,
            reason,
            subject,
            captured_after,
            captured_before,
        }
    }
}
