//! What becomes of messages that could go at once, by their companies' rules and their recipients' wishes.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use serde_json::Value;

use super::batch::Batch;
use super::caps::{self, Counted, Place};
use super::decide::{self, Decision, Message};
use super::rules::{AllWishes, Rules, load_wishes};
use super::supersede;

/// Holds messages until their company is open and their recipient wants to be told, and lets those wait that are more than
/// the company's cap.
pub(crate) async fn apply(
    client: &impl GenericClient,
    batch: &Batch,
    rules: &HashMap<String, Rules>,
    decisions: &mut [Decision],
) -> Result<(), tokio_postgres::Error> {
    if rules.is_empty() {
        return Ok(());
    }
    let wishes = load_wishes(client, &asked_for(rules, decisions)).await?;
    let mut wanted: Vec<Counted> = Vec::new();
    let mut superseding = Vec::new();
    for (position, (row, decision)) in batch.captured.iter().zip(&mut *decisions).enumerate() {
        let Some((message, rules)) = ready(decision, rules) else {
            continue;
        };
        let wishes = wishes_of(message, &wishes);
        let at = row.due().max(row.now);
        message.held = rules.held(at, wishes);
        if !rules.caps.any() {
            continue;
        }
        let supersedes = batch.source_of(row).filter(|source| source.supersedes);
        superseding.extend(supersedes.map(|_| row.id));
        if !wishes.is_some_and(|wishes| wishes.opted_out) {
            wanted.push(Counted {
                position,
                tenant_id: message.tenant_id.clone().unwrap_or_default(),
                caps: rules.caps,
                zone: rules.zone,
                at: message.held.map_or(at, |held| held.until),
                now: row.now,
                line: supersedes
                    .map(|source| (source.id, row.subject.clone(), row.told.audience.clone())),
                inherits: Vec::new(),
            });
        }
    }
    let mut places = supersede::places_of_earlier(client, &superseding).await?;
    let given_back: Vec<Place> = places.values().flatten().cloned().collect();
    for one in &mut wanted {
        let places = places.remove(&batch.captured[one.position].id);
        one.inherit(places.unwrap_or_default());
    }
    let refused = caps::count(client, &wanted, &given_back).await?;
    for counted in wanted
        .iter()
        .filter(|one| !refused.contains_key(&one.position))
    {
        if let Decision::Send { message, .. } = &mut decisions[counted.position] {
            message.note("counted", Value::from(counted.day().to_string()));
        }
    }
    for (position, refused) in refused {
        let row = &batch.captured[position];
        if let (Some(source), Decision::Send { message, .. }) =
            (batch.source_of(row), &decisions[position])
        {
            let (hash, company) = (message.hash.clone(), message.tenant_id.clone());
            let mut waits =
                decide::unless_expired(row, source, refused.look_at, refused.code, hash, None);
            if let Decision::Again { tenant_id, .. } = &mut waits {
                *tenant_id = company;
            }
            decisions[position] = waits;
        }
    }
    Ok(())
}

/// The message of a decision to send one, where its company has rules.
fn ready<'a>(
    decision: &'a mut Decision,
    rules: &'a HashMap<String, Rules>,
) -> Option<(&'a mut Message, &'a Rules)> {
    let Decision::Send { message, .. } = decision else {
        return None;
    };
    let rules = rules.get(message.tenant_id.as_deref()?)?;
    Some((message, rules))
}

/// Recipients whose wishes matter: who wants nothing does not count.
fn asked_for<'a>(
    rules: &HashMap<String, Rules>,
    decisions: &'a [Decision],
) -> Vec<(&'a str, &'a str)> {
    let recipient = |decision: &'a Decision| {
        let Decision::Send { message, .. } = decision else {
            return None;
        };
        let tenant = message.tenant_id.as_deref()?;
        let rules = rules.get(tenant)?;
        let matters = rules.has_quiet || rules.caps.any();
        matters.then_some((tenant, message.recipient.as_deref()?))
    };
    decisions.iter().filter_map(recipient).collect()
}

fn wishes_of<'a>(message: &Message, wishes: &'a AllWishes) -> Option<&'a super::rules::Wishes> {
    if wishes.is_empty() {
        return None;
    }
    wishes.get(&(message.tenant_id.clone()?, message.recipient.clone()?))
}
