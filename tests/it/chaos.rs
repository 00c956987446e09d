//! Daemons are killed, the server is stopped in the middle, sessions are ended, the provider is reached through a proxy
//! that breaks answers off, all at random moments, while orders come in. What the provider accepted is the judge.

mod fleet;
mod judge;
mod kills;
mod orders;
mod proxy;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use fleet::Fleet;
use judge::Verdict;
use kills::Kills;
use proxy::Proxy;

use crate::cluster::Cluster;
use crate::database::Database;
use crate::delivery::transitions;
use crate::sandbox::Provider;
use crate::session::Session;
use crate::{shop, wait};

/// Daemons that work at the same time.
const DAEMONS: usize = 2;

/// Kills of each kind in the short form.
const FEW: u32 = 3;

/// Kills of each kind in the long form, unless `CHAOS_KILLS` says otherwise.
const MANY: u32 = 20;

/// The instance whose channel has a limit.
const LIMITED: &str = "instance_four";

/// Messages that it may send in a second: about twice what its company orders.
const PER_SECOND: u32 = 8;

/// The instance whose provider forgets what it accepted: there, what was left without an answer has to be repeated.
const FORGETFUL: &str = "instance_two";

/// How long the rest may take, once nothing is killed any more.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often it is looked whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What waits for another attempt becomes due, as soon as no earlier request of its own can arrive any more.
const HASTEN: &str = "update zap.notification_queue set next_attempt_at = clock_timestamp()
     where status in ('retrying', 'uncertain') and next_attempt_at < 'infinity'
         and next_attempt_at > clock_timestamp() + interval '1 second'
         and processing_at < clock_timestamp() - interval '12 seconds'";

/// What has not come to its end.
const UNFINISHED: &str = "select (select count(*) from zap.missed)
     + (select count(*) from zap.notification_queue
        where status in ('pending', 'processing', 'retrying', 'uncertain'))";

/// O5, B2, B9: the short form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_kills_lose_and_repeat_nothing() {
    run(seed(), FEW).await;
}

/// O5, B2, B9: the long form, `make test-chaos`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: make test-chaos"]
async fn many_kills_lose_and_repeat_nothing() {
    let kills = number("CHAOS_KILLS").and_then(|kills| kills.try_into().ok());
    run(seed(), kills.unwrap_or(MANY)).await;
}

/// `CHAOS_SEED`, or one that is easy to type.
fn seed() -> u64 {
    number("CHAOS_SEED").unwrap_or_else(|| rand::random_range(0..1_000_000))
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty());
    value.map(|value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {value}"))
    })
}

/// Past the test harness, which shows nothing of a test that passes.
fn say(text: &str) {
    let mut output = std::io::stderr().lock();
    writeln!(output, "{}", text.trim_end()).expect("standard error");
}

async fn run(seed: u64, count: u32) {
    say(&format!("chaos: seed {seed}, {count} kills of each kind"));
    let stage = Stage::set(seed).await;
    let kills = stage.play(seed, count).await;
    let session = stage.database.session().await;
    let is_finished = stage.come_to_rest(&session).await;
    let verdict = Verdict::of(&stage.provider, &session).await;
    let is_clean = is_finished && verdict.is_clean();
    say(&format!(
        "chaos: seed {seed}: {} daemons killed, {} immediate stops, {} storms of terminated sessions; {} daemons lived\n\
         the proxy: {}\n{verdict}",
        kills.daemons,
        kills.server,
        kills.sessions,
        stage.fleet.lives(),
        stage.proxy.done(),
    ));
    if !is_clean {
        say(&verdict.stories(&stage.provider, &session).await);
        say(&format!("last words: {:#?}", stage.fleet.last_words()));
        say(&format!("all logs: {}", stage.save_logs(seed).display()));
    }
    // Before anything can panic: the daemons' logs would be shown.
    drop(stage);
    assert!(is_finished, "seed {seed}: not finished within {PATIENCE:?}");
    assert!(is_clean, "seed {seed}");
}

/// Everything that plays a part.
struct Stage {
    cluster: Arc<Cluster>,
    database: Database,
    provider: Provider,
    proxy: Proxy,
    fleet: Fleet,
}

impl Stage {
    /// Companies 1 to 4 order; 2 has a forgetful provider, 3 two channels, 4 a limit.
    async fn set(seed: u64) -> Self {
        let settings = [
            "shared_preload_libraries = 'zapgres'",
            "zap.databases = 'test_0'",
        ];
        let cluster = Arc::new(Cluster::start("chaos", &settings));
        let (database, session) = shop::open(&cluster).await;
        let provider = Provider::start();
        let forget = json!({"kind": "no_history", "instance": FORGETFUL});
        provider.order_faults(&forget).await;
        let proxy = Proxy::start(provider.address(), seed).await;
        prepare(&session, &proxy.url()).await;
        Self {
            fleet: Fleet::new(&database, DAEMONS),
            cluster,
            database,
            provider,
            proxy,
        }
    }

    /// Orders come in until the last kill; daemons are started again to the end.
    async fn play(&self, seed: u64, count: u32) -> Kills {
        let random = |part| StdRng::seed_from_u64(seed ^ part);
        let stop = CancellationToken::new();
        let kill = async {
            let (daemons, server, sessions) = tokio::join!(
                kills::daemons(&self.fleet, count, random(1)),
                kills::server(&self.cluster, count, random(2)),
                kills::sessions(&self.database, count, random(3)),
            );
            stop.cancel();
            Kills {
                daemons,
                server,
                sessions,
            }
        };
        let orders = orders::place(&self.database, random(4), stop.clone());
        tokio::select! {
            (kills, ()) = async { tokio::join!(kill, orders) } => kills,
            never = self.fleet.supervise() => match never {},
        }
    }

    /// Waits until nothing is left to do; false when that does not come about.
    async fn come_to_rest(&self, session: &Session) -> bool {
        self.proxy.calm();
        let finished = async || {
            tokio::time::sleep(LOOK_AGAIN).await;
            session.run(HASTEN).await;
            session.value(UNFINISHED).await == "0" && self.proxy.is_idle()
        };
        tokio::select! {
            finished = wait::holds_within(PATIENCE, finished) => finished,
            never = self.fleet.supervise() => match never {},
        }
    }

    fn save_logs(&self, seed: u64) -> PathBuf {
        let directory = format!(concat!(env!("CARGO_TARGET_TMPDIR"), "/chaos-{}"), seed);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("a directory for the logs");
        let directory = PathBuf::from(directory);
        self.fleet.save_logs(&directory);
        directory
    }
}

async fn prepare(session: &Session, url: &str) {
    transitions::guard(session).await;
    session
        .run(&format!(
            "insert into empresas values (3, 'Sushi Yuki'), (4, 'Padaria Sol');
             update zap.source set settle = '0';
             insert into zap.template (event, body) values ('order_received', '{{{{ order.id }}}}');
             insert into zap.tenant (id) select generate_series(1, {companies})::text;
             insert into zap.channel
                 (tenant_id, name, provider, base_url, instance, credential, priority, rate_per_second,
                  delay_min, delay_max)
             select
                 tenant::text, name, 'evolution', '{url}', 'instance_' || name, 'env:SANDBOX_KEY', priority,
                 case name when 'four' then {PER_SECOND} end, '0', '0'
             from (values (1, 'one', 0), (2, 'two', 0), (3, 'three', 1), (3, 'spare', 0), (4, 'four', 0))
                 as c (tenant, name, priority)",
            companies = orders::COMPANIES,
        ))
        .await;
}
