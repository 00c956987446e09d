//! What Zapgres's own readers make of the webhook requests of every provider.

use serde_json::json;
use zapgres_core::message::MessageBody;
use zapgres_providers::{Delivery, Event, ReceiptStatus, Secrets, Webhook, names, registered};
use zapgres_sandbox::system_clock;

use crate::client::{Running, start};
use crate::clients::{client, to_ana};
use crate::receiver::Receiver;

const SECRET: &str = "nosso-segredo";

/// A provider that tells by webhook, and who is told.
struct Told {
    webhook: &'static dyn Webhook,
    secrets: Secrets,
    receiver: Receiver,
}

impl Told {
    /// Registers a receiver for that instance, with what proves the sender.
    async fn by(sandbox: &Running, name: &str, instance: &str) -> Option<Self> {
        let webhook = registered(name).unwrap().webhook?;
        let receiver = Receiver::start().await;
        let registration = json!({"url": receiver.url(), "secret": SECRET});
        let path = format!("/sandbox/webhooks/{name}/{instance}");
        assert_eq!(sandbox.put(&path, &registration).await.status, 200);
        let mut secrets = Secrets::default();
        for secret in webhook.secret_names() {
            secrets.add(secret, SECRET.into());
        }
        Some(Self {
            webhook,
            secrets,
            receiver,
        })
    }

    /// What the next request tells.
    async fn next(&mut self) -> Vec<Event> {
        let told = self.receiver.next().await;
        let delivery = Delivery {
            headers: &told.headers,
            body: &told.body,
        };
        let now = system_clock()();
        let proof = self.webhook.verify(&delivery, &self.secrets, now);
        assert_eq!(proof, Ok(()), "{}", told.json());
        let events = self.webhook.read(&told.body).unwrap();
        events.into_iter().map(|told| told.event).collect()
    }
}

/// C1, C8: the receipts of a message are proved, and name it as its answer did.
#[tokio::test]
async fn receipts_are_understood() {
    for name in names() {
        let sandbox = start();
        let (client, instance) = client(&sandbox, name);
        let Some(mut told) = Told::by(&sandbox, name, instance).await else {
            continue;
        };
        let accepted = client.send(&to_ana(MessageBody::text("oi"))).await.unwrap();
        let mut reached = Vec::new();
        while reached.last() != Some(&ReceiptStatus::Read) {
            for event in told.next().await {
                if let Event::Receipt(receipt) = event {
                    assert_eq!(receipt.provider_message_id, accepted.provider_message_id);
                    reached.push(receipt.status);
                }
            }
        }
        for status in [ReceiptStatus::Sent, ReceiptStatus::Delivered] {
            assert!(reached.contains(&status), "{name}: {reached:?}");
        }
    }
}

/// C8: a message that was accepted and could not be delivered is told as failed.
#[tokio::test]
async fn failures_are_understood() {
    for name in names() {
        let sandbox = start();
        let (client, instance) = client(&sandbox, name);
        let Some(mut told) = Told::by(&sandbox, name, instance).await else {
            continue;
        };
        sandbox.fault(json!({"kind": "fail_later"})).await;
        client.send(&to_ana(MessageBody::text("oi"))).await.unwrap();
        let mut failed = false;
        while !failed {
            let events = told.next().await;
            failed = events.iter().any(|event| {
                matches!(event, Event::Receipt(receipt)
                    if matches!(receipt.status, ReceiptStatus::Failed { .. }))
            });
        }
    }
}

/// C1: what a customer writes is a message from that customer.
#[tokio::test]
async fn what_customers_write_is_understood() {
    for name in names() {
        let sandbox = start();
        let (_, instance) = client(&sandbox, name);
        let Some(mut told) = Told::by(&sandbox, name, instance).await else {
            continue;
        };
        let inbound = json!({"from": "5511987654321", "text": "Cadê?", "id": "A1", "name": "Ana"});
        let path = format!("/sandbox/inbound/{name}/{instance}");
        assert_eq!(sandbox.post(&path, &inbound).await.status, 202);
        let events = told.next().await;
        let [Event::Message(message)] = &events[..] else {
            panic!("{name}: {events:?}");
        };
        assert_eq!(message.text.as_deref(), Some("Cadê?"), "{name}");
        let number = message.chat.phone().unwrap();
        assert_eq!(number.digits(), "5511987654321", "{name}");
        assert!(!message.from_me && message.kind == "text");
        assert_eq!(message.name.as_deref(), Some("Ana"), "{name}");
    }
}
