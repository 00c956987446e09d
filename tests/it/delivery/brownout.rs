//! A provider that is slow, or refuses, for a while: the others notice nothing, it is not stormed, and it has its messages
//! soon after it is well again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::sandbox::Provider;
use crate::{shop, wait};

/// Companies whose channels are at the sick provider.
const SICK: [u32; 3] = [1, 2, 3];

/// The company whose channel is at another one.
const WELL: u32 = 4;

/// Orders of each company at a time.
const ORDERS: u32 = 30;

/// After a short outage, how far away the next probe may be: so soon the provider's recovery is noticed.
const RECOVERY: &str = "5 seconds";

/// How long the slow provider takes for an answer, and how many it gives at a time: half of what may be on its way.
const SLOW: Duration = Duration::from_secs(6);
const AT_A_TIME: usize = 10;

/// How long the short forms last.
const SHORT: Duration = Duration::from_secs(8);

const MINUTE: Duration = Duration::from_secs(60);

/// Two providers, a daemon that may have 20 requests on their way, and companies that could fill these three times over.
struct Providers {
    stand: Stand,
    well: Provider,
    next_key: u32,
    _daemon: Daemon,
}

impl Providers {
    async fn open() -> Self {
        let stand = Stand::open(plain()).await;
        let well = Provider::start();
        for tenant in ["2", "3", "4"] {
            stand.add_channel(tenant).await;
        }
        let elsewhere = format!(
            "insert into empresas values (3, 'Sushi Yuki'), (4, 'Padaria Sol');
             update zap.channel set base_url = '{}' where tenant_id = '{WELL}'",
            well.url()
        );
        stand.session.run(&elsewhere).await;
        let arguments = ["--sweep-interval", "0", "--in-flight", "20"];
        let daemon = Daemon::start(&stand.database, &arguments);
        daemon.until_it_says("ready").await;
        Self {
            stand,
            well,
            next_key: 0,
            _daemon: daemon,
        }
    }

    async fn place(&mut self, company: u32) {
        let mut statements = String::new();
        for _ in 0..ORDERS {
            self.next_key += 1;
            let order = shop::order_at(company, self.next_key);
            statements += &format!("begin; {order}{} commit;", shop::item(self.next_key));
        }
        self.stand.session.run(&statements).await;
    }

    async fn place_at_the_sick(&mut self, rounds: usize) -> usize {
        for _ in 0..rounds {
            for company in SICK {
                self.place(company).await;
            }
        }
        rounds * SICK.len() * ORDERS as usize
    }

    /// Has the well provider's company send its messages; how many the sick one has accepted meanwhile.
    async fn send_by_the_well(&mut self) -> usize {
        let accepted = self.well.texts().await.len() + ORDERS as usize;
        let before = self.stand.provider.texts().await.len();
        self.place(WELL).await;
        until_accepted(&self.well, accepted).await;
        self.stand.provider.texts().await.len() - before
    }

    /// Makes a provider sick for so long, with so many rounds of orders, and then well again; everything that holds for any sickness is checked here.
    /// Returns how many requests met with the fault, and for how long it lasted.
    async fn endure(&mut self, fault: &Value, rounds: usize, length: Duration) -> (u64, Duration) {
        self.stand.provider.order_faults(fault).await;
        let begin = Instant::now();
        let orders = self.place_at_the_sick(rounds).await;
        let sick = &self.stand.provider;
        wait::until("the provider is busy", async || {
            sick.fault_hits().await >= 10
        })
        .await;
        let mut passed = Vec::new();
        while begin.elapsed() < length {
            passed.push(self.send_by_the_well().await);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        passed.sort_unstable();
        // Nobody waits for as long as the slow provider needs for an answer.
        assert!(passed[passed.len() / 2] <= AT_A_TIME, "{passed:?}");
        let sick = &self.stand.provider;
        let (hits, lasted) = (sick.fault_hits().await, begin.elapsed());
        let before = sick.texts().await.len();
        assert!(before < orders, "nothing was left to wait");
        if length <= SHORT {
            self.assert_probed_soon().await;
        }
        let sick = &self.stand.provider;
        sick.clear_faults().await;
        until_accepted(sick, orders).await;
        self.stand.until_done().await;
        (hits, lasted)
    }

    async fn assert_probed_soon(&self) {
        let late = format!(
            "select breaker, breaker_probe_at - clock_timestamp() from zap.channel_state
             where breaker <> 'closed' and breaker_probe_at > clock_timestamp() + interval '{RECOVERY}'"
        );
        let late = self.stand.session.rows(&late).await;
        assert!(late.is_empty(), "{late:?}");
    }

    /// Everything was sent, and nothing twice.
    async fn assert_once_each(&self) {
        let orders = self.next_key.to_string();
        let sent = "select count(*) from zap.notification_queue where status = 'sent'";
        assert_eq!(self.stand.session.value(sent).await, orders);
        let accepted = self.stand.provider.texts().await.len() + self.well.texts().await.len();
        assert_eq!(accepted.to_string(), orders);
    }
}

async fn until_accepted(provider: &Provider, messages: usize) {
    wait::until(&format!("{messages} are accepted"), async || {
        provider.texts().await.len() >= messages
    })
    .await;
}

/// Brownout: so long for each answer.
async fn slow(length: Duration) {
    let mut providers = Providers::open().await;
    let fault = json!({"kind": "delay", "ms": SLOW.as_millis() as u64});
    // More than it can take in this time.
    let answers = AT_A_TIME * (2 + length.div_duration_f64(SLOW) as usize);
    let rounds = 1 + answers / (SICK.len() * ORDERS as usize);
    providers.endure(&fault, rounds, length).await;
    providers.assert_once_each().await;
}

/// Brownout: every request is refused with this status. Before the breaker opens, each channel may have as many requests
/// on their way as a lane has, twice; afterwards there is about one probe per second and channel, and fewer later.
async fn refused(code: u32, length: Duration) {
    let mut providers = Providers::open().await;
    let fault = json!({"kind": "status", "code": code});
    let (hits, lasted) = providers.endure(&fault, 1, length).await;
    let bound = SICK.len() as u64 * (20 + lasted.as_secs() * 5 / 4);
    assert!(hits <= bound, "{hits} requests, at most {bound} expected");
    providers.assert_once_each().await;
}

/// O4, O5, brownout.
#[tokio::test]
async fn a_slow_provider_slows_nobody_else() {
    slow(2 * SLOW).await;
}

/// O4, O5, brownout.
#[tokio::test]
async fn a_failing_provider_is_probed_and_has_its_messages_soon() {
    refused(500, SHORT).await;
}

/// O4, O5, brownout.
#[tokio::test]
async fn a_throttling_provider_is_probed_and_has_its_messages_soon() {
    refused(429, SHORT).await;
}

/// O5, brownout: what failed at the same time is not tried again at the same time.
#[tokio::test]
async fn retries_are_not_in_step() {
    let mut providers = Providers::open().await;
    let fault = json!({"kind": "status", "code": 500});
    providers.stand.provider.order_faults(&fault).await;
    providers.place_at_the_sick(1).await;
    let first = "from zap.notification_queue where status = 'retrying' and attempts = 1";
    let failed = format!("select count(*) {first}");
    wait::until("ten have failed once", async || {
        providers.stand.session.count(&failed).await >= 10
    })
    .await;
    let spread = format!(
        "select max(next_attempt_at - processing_at) - min(next_attempt_at - processing_at)
             > interval '500 milliseconds' {first}"
    );
    assert_eq!(providers.stand.session.value(&spread).await, "t");
}

/// O5, brownout: who is refused while others are served is not tried more often because the channel works now and then.
#[tokio::test]
async fn a_provider_that_fails_for_some_uses_up_nobodys_attempts() {
    const REFUSED: u32 = 25;
    let stand = Stand::open(plain()).await;
    let faults: Vec<Value> = (1..=REFUSED)
        .map(|key| json!({"kind": "status", "code": 500, "recipient": format!("55119{}", 10_000_000 + key)}))
        .collect();
    stand.provider.order_faults(&json!(faults)).await;
    let place = |key| {
        format!(
            "begin; {}{} commit;",
            shop::order_at(1, key),
            shop::item(key)
        )
    };
    let refused: String = (1..=REFUSED).map(place).collect();
    stand.session.run(&refused).await;
    let daemon = Daemon::start(&stand.database, &["--sweep-interval", "0"]);
    daemon.until_it_says("does not work").await;
    let begin = Instant::now();
    let mut served = REFUSED;
    while begin.elapsed() < Duration::from_secs(35) {
        served += 1;
        stand.session.run(&place(served)).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(daemon.log().contains("works again"), "nothing was accepted");
    // Three by the backoff alone.
    let most = "select max(attempts) from zap.notification_queue where status <> 'sent'";
    let most = stand.session.count(most).await;
    assert!(most <= 4, "{most} attempts in 35 s");
    stand.provider.clear_faults().await;
}

/// O4, O5, brownout: a whole minute.
#[tokio::test]
#[ignore = "takes minutes: make test-chaos"]
async fn a_provider_slow_for_a_minute_slows_nobody_else() {
    slow(MINUTE).await;
}

/// O4, O5, brownout: a whole minute.
#[tokio::test]
#[ignore = "takes minutes: make test-chaos"]
async fn a_provider_failing_for_a_minute_has_its_messages_soon() {
    refused(500, MINUTE).await;
}

/// O4, O5, brownout: a whole minute.
#[tokio::test]
#[ignore = "takes minutes: make test-chaos"]
async fn a_provider_throttling_for_a_minute_has_its_messages_soon() {
    refused(429, MINUTE).await;
}
