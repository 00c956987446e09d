//! `zapgres attach`.

mod ask;
mod edit;

use clap::Args;
use serde_json::{Map, Value};
use tokio_postgres::Client;

use super::table::{self, field};
use super::{CommandSettings, confirm, say};
use crate::control::{self, Attachment, Mapping, Proposal};
use crate::{database, setup};

/// Have the orders of a table announced: look at it, propose where each part of a message comes from, and attach it
///
/// Give it the table with the items of your orders, or the table of orders if the items are in it. What cannot be told
/// from the tables is asked on a terminal, and refused otherwise.
#[derive(Debug, Args)]
pub struct AttachCommand {
    /// The table, with its schema where that is needed
    relation: String,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Open the query in $VISUAL or $EDITOR first
    #[arg(long)]
    edit: bool,
    /// Where a field comes from: a column, table.column, or an SQL expression
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// The column that names the order
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    #[arg(
        help = "The event that is announced [default: order_received; of a status: order_status]",
        long
    )]
    event: Option<String>,
    /// Announce changes of this column instead of new orders
    #[arg(long, value_name = "COLUMN")]
    status_column: Option<String>,
    /// The event of each status; without it, those that the values' names mean
    #[arg(long, value_name = "VALUE=EVENT,…", value_delimiter = ',', value_parser = pair, requires = "status_column")]
    events: Vec<(String, String)>,
    /// live, shadow (everything but the sending) or off
    #[arg(long, default_value = "live")]
    mode: String,
    /// Do not ask whether to attach
    #[arg(long)]
    yes: bool,
    /// Print the proposal as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("not of the form NAME=VALUE".to_owned()),
    }
}

fn object(pairs: &[(String, String)]) -> Map<String, Value> {
    let entry = |(name, value): &(String, String)| (name.clone(), Value::String(value.clone()));
    pairs.iter().map(entry).collect()
}

impl AttachCommand {
    /// Shows the proposal, and attaches the table.
    pub async fn execute(self) -> anyhow::Result<()> {
        let settings = self.settings.clone();
        let config = settings.load()?;
        let mut client = database::connect_command(&config).await?;
        let relation = control::relation_named(&client, &self.relation).await?;
        let mut mapping = object(&self.map);
        let (proposal, json) = self.decided(&client, &relation, &mut mapping).await?;
        if self.json {
            table::print_json(&json);
        } else {
            show(&relation, &proposal, self.status_column.is_none());
        }
        if self.dry_run {
            return self.show_events(&client, &relation).await;
        }
        if !self.yes
            && confirm::can_ask()
            && !self.edit
            && !confirm::is_confirmed(&format!("Attach {relation}?"))
        {
            anyhow::bail!("not attached");
        }
        self.attach(&client, &relation, &proposal, &mapping).await?;
        grant(&mut client).await
    }

    /// What the values of a status column would announce.
    async fn show_events(&self, client: &Client, relation: &str) -> anyhow::Result<()> {
        let Some(column) = &self.status_column else {
            return Ok(());
        };
        let events =
            control::status_events(client, relation, column, &object(&self.events)).await?;
        if !self.json {
            for (value, event) in &events {
                say(&format!(
                    "{column} {value}: {}",
                    event.as_str().unwrap_or_default()
                ));
            }
        }
        Ok(())
    }

    /// The proposal in which everything is decided.
    async fn decided(
        &self,
        client: &Client,
        relation: &str,
        mapping: &mut Mapping,
    ) -> anyhow::Result<(Proposal, Value)> {
        loop {
            let (proposal, json) =
                control::propose(client, relation, self.key.as_deref(), mapping).await?;
            let Some(problem) = proposal.problems.first() else {
                return Ok((proposal, json));
            };
            if !confirm::can_ask()
                || problem.candidates.is_empty()
                || mapping.contains_key(&problem.field)
            {
                anyhow::bail!("{}", refusal(problem));
            }
            let choice = ask::choice(&problem.message, &problem.candidates)?;
            mapping.insert(problem.field.clone(), Value::String(choice));
        }
    }

    async fn attach(
        &self,
        client: &Client,
        relation: &str,
        proposal: &Proposal,
        mapping: &Mapping,
    ) -> anyhow::Result<()> {
        let mut edited = None;
        loop {
            if self.edit {
                let text = edited
                    .as_deref()
                    .or(proposal.query.as_deref())
                    .unwrap_or_default();
                edited = Some(edit::query(text)?);
            }
            // A status source knows no mapping: it is given the query that follows from one.
            let mapped = self.status_column.is_some() && !mapping.is_empty();
            let proposed = proposal.query.as_deref().filter(|_| mapped);
            let attachment = Attachment {
                relation,
                key: self.key.as_deref(),
                event: self.event.as_deref(),
                query: edited.as_deref().or(proposed),
                mode: &self.mode,
                mapping,
            };
            let attached = match &self.status_column {
                Some(column) => {
                    control::attach_status(client, &attachment, column, &object(&self.events)).await
                }
                None => control::attach(client, &attachment).await,
            };
            match attached {
                Ok(id) => {
                    say(&format!("{relation} is attached, as source {id}"));
                    if (proposal.has_phone || edited.is_some())
                        && control::is_kept_from_customer(client, id).await?
                    {
                        say(&format!(
                            "the customer is told of nothing of it, as before; to tell the customer: select zap.tell('{}', 'customer');",
                            relation.replace('\'', "''")
                        ));
                    }
                    return Ok(());
                }
                Err(error) if self.edit && confirm::can_ask() => {
                    say(&error.to_string());
                    if !confirm::is_confirmed("Edit it again?") {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn refusal(problem: &control::Problem) -> String {
    let hint = match problem.candidates.first() {
        Some(first) => format!(" (say which, such as --map {}={first})", problem.field),
        None => String::new(),
    };
    format!("{}{hint}", problem.message)
}

/// Fields, query, and what is left to do, for people.
fn show(relation: &str, proposal: &Proposal, offers_status: bool) {
    let sure = |row: &Value| match row["expression"] {
        Value::Null => "-".to_owned(),
        _ => format!("{} %", row["confidence"]),
    };
    let from = |row: &Value| field(row, "expression");
    table::print(
        &proposal.fields,
        &[
            ("field", &|row| field(row, "field")),
            ("from", &from),
            ("sure", &sure),
            ("why", &|row| field(row, "reason")),
        ],
        &format!(
            "the order table of {relation} is not known: give it a context query, see zap.attach"
        ),
    );
    if let Some(query) = &proposal.query {
        say(&format!("\n{query}\n"));
    }
    if proposal.query.is_some() && !proposal.has_phone {
        say(
            "no phone of the customer: the shop is told, at the phone of its tenant (is there one elsewhere: --map phone=TABLE.COLUMN, or an expression)",
        );
    }
    if is_found(proposal, "items") && !is_found(proposal, "item.name") {
        say(
            "no name of the items: messages do not list them (where it is: --map item.name=COLUMN, or an expression)",
        );
    }
    for index in &proposal.indexes {
        say(&format!(
            "missing, and needed for speed: {}",
            index.statement
        ));
    }
    if let (true, Some(orders), Some(status)) =
        (offers_status, &proposal.order_relation, &proposal.status)
        && !status.events.is_empty()
    {
        say(&offer(orders, status));
    }
}

fn is_found(proposal: &Proposal, wanted: &str) -> bool {
    let is_it = |row: &&Value| row["field"] == wanted;
    let row = proposal.fields.iter().find(is_it);
    row.is_some_and(|row| !row["expression"].is_null())
}

/// The command that attaches the status, to be pasted.
fn offer(orders: &str, status: &control::Status) -> String {
    let event = |(value, event): &(String, String)| format!("{value}={event}");
    let events: Vec<String> = status.events.iter().map(event).collect();
    format!(
        "its status can be told, too: zapgres attach {} --status-column {} --events {}",
        word(orders),
        word(&status.column),
        word(&events.join(","))
    )
}

/// A text as one word of a shell's command line.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.,=/:-".contains(c);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Lets the daemon read what it has to read now.
async fn grant(client: &mut Client) -> anyhow::Result<()> {
    let Some(plan) = setup::plan_reads(client).await? else {
        say("next: zapgres setup, which lets the daemon read the tables");
        return Ok(());
    };
    setup::run(client, &plan).await?;
    for line in plan.summary.iter().chain(&plan.warnings) {
        say(line);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{offer, pair};
    use crate::control::Status;

    #[test]
    fn what_is_offered_can_be_pasted() {
        let status = Status {
            column: "situação".to_owned(),
            events: vec![("em preparo".to_owned(), "order_in_preparation".to_owned())],
        };
        assert_eq!(
            offer("public.\"Vendas\"", &status),
            "its status can be told, too: zapgres attach 'public.\"Vendas\"' --status-column 'situação' \
             --events 'em preparo=order_in_preparation'"
        );
    }

    #[test]
    fn an_expression_may_have_equals_signs() {
        assert_eq!(
            pair("phone=a = b"),
            Ok(("phone".to_owned(), "a = b".to_owned()))
        );
        assert!(pair("=x").is_err() && pair("phone").is_err());
    }
}
