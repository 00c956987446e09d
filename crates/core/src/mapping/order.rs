//! The fields of the order itself, on its table or on those it refers to.

use super::candidate::{self, CERTAIN_ENOUGH, Candidate};
use super::catalogue::{Shape, Table};
use super::draft::{Draft, Join, names, nothing, one_line, reason, value_of};
use super::names::Concept as C;
use super::value::{Value, operator};
use super::words;

/// How much less sure a column of another table is than one on the order, which says how it was when it was placed.
const BY_JOIN: u8 = 10;

/// The order's values, ready to be put together.
#[derive(Debug, Default)]
pub struct Order<'a> {
    /// What people know it by.
    pub number: Option<Value>,
    /// Its company.
    pub tenant: Option<Value>,
    /// Whom to tell.
    pub phone: Option<Value>,
    /// Who ordered.
    pub customer_name: Option<Value>,
    /// The company's name.
    pub company_name: Option<Value>,
    /// The company's phone.
    pub company_phone: Option<Value>,
    /// Amounts: what the items cost, what bringing them costs, what is taken off, and all together.
    pub subtotal: Option<Value>,
    /// See above.
    pub delivery_fee: Option<Value>,
    /// See above.
    pub discount: Option<Value>,
    /// See above.
    pub total: Option<Value>,
    /// How far it is.
    pub status: Option<Value>,
    /// Delivery, counter, pick-up.
    pub kind: Option<Value>,
    /// How it is paid.
    pub payment: Option<Value>,
    /// Where it goes.
    pub address: Option<Value>,
    /// What the customer remarked.
    pub notes: Option<Value>,
    /// When it was placed.
    pub created: Option<Value>,
    /// Tables joined for these.
    pub joins: Vec<Join<'a>>,
}

/// Chooses the order's fields.
pub fn choose<'a>(draft: &mut Draft<'a>) -> Order<'a> {
    let order = draft.order;
    let customer = customer(draft);
    let company = company(draft);
    let mut tables = vec![("o", order)];
    tables.extend(customer.iter().map(|join| (join.alias, join.table)));
    tables.extend(company.iter().map(|join| (join.alias, join.table)));
    let mut chosen = Order {
        phone: phone(draft, customer.as_ref(), &tables),
        customer_name: customer_name(draft, customer.as_ref(), &tables),
        number: draft.field("number", C::Number, &tables),
        tenant: draft.decided("tenant", C::Tenant, &tables),
        company_name: of_company(draft, "company.name", C::OwnName, company.as_ref(), &tables),
        company_phone: of_company(draft, "company.phone", C::Phone, company.as_ref(), &tables),
        total: draft.decided("total", C::Total, &tables),
        subtotal: draft.field("subtotal", C::Subtotal, &tables),
        delivery_fee: draft.field("delivery_fee", C::DeliveryFee, &tables),
        discount: draft.field("discount", C::Discount, &tables),
        status: draft.field("status", C::Status, &tables),
        kind: draft.field("type", C::Kind, &tables),
        payment: draft.field("payment", C::Payment, &tables),
        address: address(draft, &tables),
        notes: draft.field("notes", C::Notes, &tables),
        created: created(draft, &tables),
        joins: Vec::new(),
    };
    chosen.joins = [customer, company]
        .into_iter()
        .flatten()
        .filter(|join| is_used(draft, join))
        .collect();
    for join in &chosen.joins {
        draft.needs_index(join.table, &[join.key.to_owned()]);
    }
    chosen
}

/// Whether a field speaks of the joined table.
fn is_used(draft: &Draft<'_>, join: &Join<'_>) -> bool {
    let start = format!("{}.", join.alias);
    let within_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '.');
    let speaks = |expression: &String| {
        let mut places = expression.match_indices(&start);
        places.any(|(place, _)| !expression[..place].ends_with(within_name))
    };
    draft
        .fields
        .iter()
        .filter_map(|field| field.expression.as_ref())
        .any(speaks)
}

/// The table of persons that the order refers to.
fn customer<'a>(draft: &Draft<'a>) -> Option<Join<'a>> {
    let by_name = candidate::candidates(draft.order, C::CustomerKey);
    let named = by_name
        .iter()
        .filter(|found| found.confidence >= CERTAIN_ENOUGH);
    let joined = named.filter_map(|found| draft.join("c", "o", draft.order, &found.column.name));
    let persons = |table: &Table| {
        words::read(&table.plain_name)
            .words
            .iter()
            .any(|word| matches!(word.as_str(), "cliente" | "pessoa"))
    };
    let mut by_target = draft
        .order
        .foreign_keys
        .iter()
        .filter(|key| key.columns.len() == 1);
    let by_target = by_target.find(|key| draft.catalogue.table(&key.target).is_some_and(persons));
    joined
        .chain(by_target.and_then(|key| draft.join("c", "o", draft.order, &key.columns[0])))
        .next()
}

/// The table of companies that the order refers to.
fn company<'a>(draft: &Draft<'a>) -> Option<Join<'a>> {
    let found = candidate::candidates(draft.order, C::Tenant);
    let best = found
        .first()
        .filter(|best| best.confidence >= CERTAIN_ENOUGH)?;
    draft.join("e", "o", draft.order, &best.column.name)
}

type Tables<'a> = [(&'static str, &'a Table)];

fn phone<'a>(
    draft: &mut Draft<'a>,
    customer: Option<&Join<'a>>,
    tables: &Tables<'a>,
) -> Option<Value> {
    if let Some(value) = draft.given("phone", tables) {
        return value;
    }
    let own = candidate::candidates(draft.order, C::Phone);
    let theirs = customer.map_or_else(Vec::new, |join| candidate::candidates(join.table, C::Phone));
    here_or_there(draft, "phone", C::Phone, (own, theirs), customer, true)
}

fn customer_name<'a>(
    draft: &mut Draft<'a>,
    customer: Option<&Join<'a>>,
    tables: &Tables<'a>,
) -> Option<Value> {
    if let Some(value) = draft.given("customer.name", tables) {
        return value;
    }
    let own = candidate::candidates(draft.order, C::CustomerName);
    let theirs = customer.map_or_else(Vec::new, |join| {
        candidate::candidates(join.table, C::OwnName)
    });
    here_or_there(
        draft,
        "customer.name",
        C::CustomerName,
        (own, theirs),
        customer,
        false,
    )
}

/// The better of a column on the order and one of a joined table.
fn here_or_there<'a>(
    draft: &mut Draft<'a>,
    field: &str,
    concept: C,
    (own, theirs): (Vec<Candidate<'a>>, Vec<Candidate<'a>>),
    join: Option<&Join<'a>>,
    must_decide: bool,
) -> Option<Value> {
    let sure = |found: &[Candidate<'_>], less: u8| {
        found
            .first()
            .map_or(0, |best| best.confidence.saturating_sub(less))
    };
    let (here, there) = (sure(&own, 0), sure(&theirs, BY_JOIN));
    let (found, join, confidence) = if here >= there {
        (&own, None, here)
    } else {
        (&theirs, join, there)
    };
    let confident = confidence >= CERTAIN_ENOUGH;
    if must_decide && confident {
        draft.refuse_tie(field, found);
    }
    let best = found.first().filter(|_| confident);
    let value = best.map(|best| value_of(join.map_or("o", |join| join.alias), best, concept));
    let why = best.map_or_else(|| nothing(found), |best| reason(best, join));
    let mut alternatives = names(found, best.is_some());
    let others = if join.is_some() { &own } else { &theirs };
    alternatives.extend(names(others, false));
    draft.note(
        field,
        value.as_ref(),
        if confident { confidence } else { 0 },
        why,
        alternatives,
    );
    value
}

fn of_company<'a>(
    draft: &mut Draft<'a>,
    field: &str,
    concept: C,
    company: Option<&Join<'a>>,
    tables: &Tables<'a>,
) -> Option<Value> {
    if let Some(value) = draft.given(field, tables) {
        return value;
    }
    let found = company.map_or_else(Vec::new, |join| candidate::candidates(join.table, concept));
    let best = found
        .first()
        .filter(|best| best.confidence >= CERTAIN_ENOUGH);
    let value = best.map(|best| Value::column("e", best.column, false));
    let why = match (best, company) {
        (Some(best), join) => reason(best, join),
        (None, Some(join)) => format!(
            "{} has no column of such a name",
            one_line(&join.table.plain_name)
        ),
        (None, None) => "the order refers to no company".to_owned(),
    };
    draft.note(
        field,
        value.as_ref(),
        best.map_or(0, |best| best.confidence),
        why,
        names(&found, best.is_some()),
    );
    value
}

/// One column, or the street with number, complement, quarter and city beside it.
fn address<'a>(draft: &mut Draft<'a>, tables: &Tables<'a>) -> Option<Value> {
    if let Some(value) = draft.given("address", tables) {
        return value;
    }
    let order = draft.order;
    let best = |concept: C| {
        let mut found = candidate::candidates(order, concept).into_iter();
        found
            .next()
            .filter(|best| best.confidence >= CERTAIN_ENOUGH)
    };
    let Some(street) = best(C::Address) else {
        return draft.choose("address", C::Address, "o", order);
    };
    let parts: Vec<Candidate<'a>> = [C::House, C::Complement, C::District, C::City]
        .into_iter()
        .filter_map(best)
        .collect();
    if parts.is_empty() {
        return draft.choose("address", C::Address, "o", order);
    }
    let all = || std::iter::once(&street).chain(&parts);
    let texts: Vec<String> = all()
        .map(|part| Value::column("o", part.column, false).text)
        .collect();
    let columns: Vec<&str> = all().map(|part| part.column.name.as_str()).collect();
    let street_text = &texts[0];
    let value = Value {
        text: format!(
            "case when {street_text} is not null then pg_catalog.concat_ws(', ', {}) end",
            texts.join(", ")
        ),
        number: None,
    };
    let why = format!("columns {}", one_line(&columns.join(", ")));
    draft.note("address", Some(&value), street.confidence, why, Vec::new());
    Some(value)
}

fn created<'a>(draft: &mut Draft<'a>, tables: &Tables<'a>) -> Option<Value> {
    let value = draft.field("created_at", C::Created, tables)?;
    // A time, and not its text.
    let plain = value
        .text
        .strip_suffix("::text")
        .unwrap_or(&value.text)
        .to_owned();
    let has_zone = tables.iter().any(|(alias, table)| {
        let is_it = |column: &&super::catalogue::Column| format!("{alias}.{}", column.sql) == plain;
        let column = table.columns.iter().find(is_it);
        column.is_some_and(|column| {
            column.shape() == Shape::Time
                && column.type_name.contains("with time zone")
                && !column.type_name.contains("without")
        })
    });
    let text = if has_zone {
        plain
    } else {
        format!("{plain}::timestamptz")
    };
    if let Some(field) = draft.fields.last_mut() {
        field.expression = Some(text.clone());
    }
    Some(Value { text, number: None })
}

/// What an order costs that does not say: its items, and what is added and taken off.
pub fn total_of_items(draft: &mut Draft<'_>, chosen: &mut Order<'_>) {
    let is_given = draft.overrides.get("total").is_some();
    let is_unclear = draft
        .problems
        .iter()
        .any(|problem| problem.field == "total");
    if chosen.total.is_some() || is_given || is_unclear {
        return;
    }
    let zero_if_none = |value: &Option<Value>| {
        let number = value.as_ref()?.number.as_ref()?;
        Some(format!("coalesce({number}, 0)"))
    };
    let mut sum = "items.amount".to_owned();
    let mut said = "the items".to_owned();
    if let Some(fee) = zero_if_none(&chosen.delivery_fee) {
        sum = format!("{sum} {} {fee}", operator("+"));
        said.push_str(" and the delivery fee");
    }
    if let Some(discount) = zero_if_none(&chosen.discount) {
        sum = format!("{sum} {} {discount}", operator("-"));
        said.push_str(" without the discount");
    }
    let value = Value::amount(sum);
    if let Some(field) = draft.fields.iter_mut().find(|field| field.field == "total") {
        field.expression = Some(value.text.clone());
        field.confidence = 60;
        field.reason = format!("no column; computed: {said}");
    }
    chosen.total = Some(value);
}
