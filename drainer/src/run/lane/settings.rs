//! A channel's row as its lane needs it.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use zapgres_core::pace::{Pace, RecipientLimit};

use crate::channel::StoredAddress;
use crate::run::statement;

pub(crate) const LOAD_CHANNEL: &str = "-- load_channel
select
    c.name, c.provider, c.base_url, c.instance, c.credential, c.secrets, c.options, c.degrade, c.look_up, c.enabled,
    c.rate_per_minute, c.rate_per_second, c.recipient_burst,
    pg_catalog.date_part('epoch', c.recipient_interval)::float8 as recipient_interval,
    pg_catalog.date_part('epoch', c.delay_min)::float8 as delay_min,
    pg_catalog.date_part('epoch', c.delay_max)::float8 as delay_max,
    c.paused_at is null
    and t.enabled
    and t.paused_at is null
    and coalesce(
        (
                select s.value from zap.setting as s
                where s.key = 'sending.enabled' and s.tenant_id = c.tenant_id and s.value in ('true', 'false')
            ),
        (
                select s.value from zap.setting as s
                where s.key = 'sending.enabled' and s.tenant_id is null and s.value in ('true', 'false')
            ),
        'true'
    ) = 'true' as may_send
from zap.channel as c
inner join zap.tenant as t on c.tenant_id = t.id
where c.id = $1";

/// A row of `zap.channel`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub name: String,
    pub enabled: bool,
    /// Neither it nor its tenant is paused, its tenant is enabled, sending not switched off.
    pub may_send: bool,
    pub pace: Pace,
    /// Whether buttons and lists may become numbered text.
    pub degrade: bool,
    /// Whether the provider is asked about a number before the first message to it.
    pub look_up: bool,
    pub address: StoredAddress,
}

impl Settings {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            name: row.try_get("name")?,
            enabled: row.try_get("enabled")?,
            may_send: row.try_get("may_send")?,
            pace: pace(row)?,
            degrade: row.try_get("degrade")?,
            look_up: row.try_get("look_up")?,
            address: StoredAddress::from_row(row)?,
        })
    }
}

fn duration(row: &Row, column: &str) -> Result<Option<Duration>, tokio_postgres::Error> {
    let seconds: Option<f64> = row.try_get(column)?;
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

fn number(row: &Row, column: &str) -> Result<Option<u32>, tokio_postgres::Error> {
    let number: Option<i32> = row.try_get(column)?;
    Ok(number.and_then(|number| number.try_into().ok()))
}

fn pace(row: &Row) -> Result<Pace, tokio_postgres::Error> {
    let burst = number(row, "recipient_burst")?.unwrap_or(1);
    Ok(Pace {
        per_minute: number(row, "rate_per_minute")?,
        per_second: number(row, "rate_per_second")?,
        delay_min: duration(row, "delay_min")?.unwrap_or_default(),
        delay_max: duration(row, "delay_max")?.unwrap_or_default(),
        recipient: duration(row, "recipient_interval")?
            .map(|interval| RecipientLimit { interval, burst }),
    })
}

/// The channel's row; none when it is gone.
pub(crate) async fn load_channel(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<Option<Settings>, tokio_postgres::Error> {
    let rows = statement::rows(client, LOAD_CHANNEL, &[&channel_id]).await?;
    rows.first().map(Settings::from_row).transpose()
}
