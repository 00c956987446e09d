//! The channels: whether each can send, as the database knows it, as its credential is, and as its provider says.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::Instant;
use tokio_postgres::{Client, Row};
use zapgres_providers::{ConnectionState, Http, provider_named};

use super::finding::{Finding, found};
use crate::channel::StoredAddress;
use crate::config::Config;
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "channels";
/// So many channels are asked about, and so many at once.
const ASKED: i64 = 100;
const AT_ONCE: usize = 8;

const STATE: &str = "-- state
with channel as (
    select c.*, t.paused_at as tenant_paused_at, t.enabled as tenant_enabled, s.breaker, s.breaker_opened_at, s.breaker_reason,
        h.connection, h.connection_since, h.detail, h.error,
        case when s.sent_on = (pg_catalog.clock_timestamp() at time zone zap.known_timezone(t.timezone))::date
            then s.sent_count else 0 end as sent_today,
        pg_catalog.quote_literal(c.name) as argument
    from zap.channel as c
    inner join zap.tenant as t on t.id = c.tenant_id
    left join zap.channel_state as s on s.channel_id = c.id
    left join zap.channel_health as h on h.channel_id = c.id
)
select 'warning' as severity, 'there is no channel: nothing can be sent' as what, 'zapgres channel add --help' as remedy
where not exists (select from channel)
union all
select 'info', 'channel ' || c.name || ' is disabled', 'update zap.channel set enabled = true where name = ' || c.argument || ';'
from channel as c
where not c.enabled
union all
select
    'warning', 'channel ' || c.name || ' is paused since ' || c.paused_at::timestamptz(0) || ': its messages wait and expire',
    'zapgres channel resume ' || c.argument
from channel as c
where c.enabled and c.paused_at is not null
union all
select
    'error',
    'channel ' || c.name || ' is down since ' || c.breaker_opened_at::timestamptz(0) || coalesce(': ' || c.breaker_reason, ''),
    'zapgres channel test ' || c.argument
from channel as c
where c.enabled and c.breaker = 'open'
union all
select
    'error',
    'the number of channel ' || c.name || ' is ' || c.connection || ' since ' || c.connection_since::timestamptz(0)
    || coalesce(' (' || c.detail || ')', ''),
    'zapgres channel connect ' || c.argument
from channel as c
where c.enabled and c.connection is not null and c.connection <> 'connected'
union all
select
    'warning', 'the provider of channel ' || c.name || ' cannot be asked: ' || c.error, 'zapgres channel test ' || c.argument
from channel as c
where c.enabled and c.error is not null and c.breaker is distinct from 'open'
union all
select
    'warning', 'channel ' || c.name || ' has sent its ' || c.daily_cap || ' messages of today: the others wait until tomorrow',
    'update zap.channel set daily_cap = ' || c.daily_cap * 2 || ' where name = ' || c.argument || ';'
from channel as c
where c.enabled and c.sent_today >= c.daily_cap";

const TENANTS: &str = "-- tenants
with stranded as materialized (
    select q.tenant_id, q.created_at
    from zap.notification_queue as q
    where q.resolved_at is not null and q.status in ('pending', 'retrying', 'uncertain') and q.channel_id is null
    limit 10000
)
select
    'error' as severity,
    pg_catalog.count(*) || case pg_catalog.count(*) when 1 then ' message' else ' messages' end || ' of tenant ' || s.tenant_id
    || case pg_catalog.count(*) when 1 then ' waits' else ' wait' end || ' for a channel, since '
    || pg_catalog.min(s.created_at)::timestamptz(0) as what,
    'zapgres channel add NAME --tenant ' || pg_catalog.quote_literal(s.tenant_id) || ' --provider … --url … --instance … --credential …' as remedy
from stranded as s
group by s.tenant_id
union all
select
    'warning', 'tenant ' || t.id || ' is paused since ' || t.paused_at::timestamptz(0) || ': its messages wait and expire',
    'zapgres tenant resume ' || pg_catalog.quote_literal(t.id)
from zap.tenant as t
where t.enabled and t.paused_at is not null
union all
select
    'info', 'tenant ' || t.id || ' is disabled: its messages are skipped',
    'zapgres tenant enable ' || pg_catalog.quote_literal(t.id)
from zap.tenant as t
where not t.enabled
union all
select
    'warning', 'sending.enabled is false for ' || coalesce('tenant ' || s.tenant_id, 'all') || ': messages wait and expire',
    pg_catalog.format('select zap.reset_setting(%L, %L);', s.key, s.tenant_id)
from zap.setting as s
where s.key = 'sending.enabled' and s.value = 'false'
order by 1, 2
limit 50";

const ADDRESSES: &str = "-- addresses
select c.name, c.provider, c.base_url, c.instance, c.credential, c.secrets, c.options
from zap.channel as c
where c.enabled
order by c.id
limit $1";

/// What the database knows of the channels.
pub async fn state(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, STATE, &[]).await
}

/// Companies whose messages no channel takes.
pub async fn tenants(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, TENANTS, &[]).await
}

/// Whether the credentials can be read here, and, if `providers` are to be asked, what those say.
pub async fn reached(
    client: &Client,
    config: &Config,
    providers: bool,
) -> Result<Vec<Finding>, DatabaseError> {
    let rows = client.query(ADDRESSES, &[&ASKED]).await?;
    let http = Http::new(
        config.sending.send_timeout,
        config.sending.allowed_addresses.clone(),
    );
    let asked = stream::iter(&rows).map(|row| reach(row, config, &http, providers));
    let answers: Vec<Result<Finding, DatabaseError>> = asked.buffered(AT_ONCE).collect().await;
    answers.into_iter().collect()
}

async fn reach(
    row: &Row,
    config: &Config,
    http: &Http,
    providers: bool,
) -> Result<Finding, DatabaseError> {
    let name: &str = row.try_get("name")?;
    let stored = StoredAddress::from_row(row)?;
    let argument = format!("'{}'", name.replace('\'', "'\\''"));
    let address = match stored.open(config.daemon.seal_key.as_ref()) {
        Ok(address) => address,
        Err(error) => {
            let what = format!(
                "the credential of channel {name} cannot be read here ({error}); the daemon may see more"
            );
            return Ok(Finding::warning(
                AREA,
                what,
                format!("zapgres channel test {argument} # in the daemon's environment"),
            ));
        }
    };
    if !providers {
        return Ok(Finding::ok(
            AREA,
            format!("the credential of channel {name} can be read"),
        ));
    }
    let provider = match provider_named(&stored.provider, address, http.clone()) {
        Ok(provider) => provider,
        Err(error) => {
            let what = format!("channel {name} cannot be used: {error}");
            return Ok(Finding::error(
                AREA,
                what,
                format!("zapgres channel test {argument}"),
            ));
        }
    };
    let begin = Instant::now();
    Ok(match provider.health().await {
        Ok(health) if health.state == ConnectionState::Connected => {
            connected(name, begin.elapsed())
        }
        Ok(health) => Finding::error(
            AREA,
            format!(
                "the number of channel {name} is {} now",
                health.state.as_str()
            ),
            format!("zapgres channel connect {argument}"),
        ),
        Err(error) => Finding::error(
            AREA,
            format!("the provider of channel {name} says no: {error}"),
            format!("zapgres channel test {argument}"),
        ),
    })
}

fn connected(name: &str, took: Duration) -> Finding {
    let took = took.as_millis();
    Finding::ok(
        AREA,
        format!("channel {name} is connected, answered within {took} ms"),
    )
}
