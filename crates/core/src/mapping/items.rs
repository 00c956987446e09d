//! Items that are rows of their own table, with add-ons and flavours as rows of theirs.

use super::candidate::{self, CERTAIN_ENOUGH};
use super::catalogue::{Shape, Table};
use super::draft::{Draft, Join, names, nothing, one_line, reason, value_of};
use super::item_list::{Entry, ItemList, Lines};
use super::names::Concept as C;
use super::parts::{self, Amount, Part};
use super::value::{Value, equal, operator};
use super::words;

/// The table whose rows are the items of the order; none: there is none, or several could be.
pub fn table_of<'a>(draft: &Draft<'a>) -> Option<(&'a Table, Vec<(String, String)>)> {
    let catalogue = draft.catalogue;
    if catalogue.relation != draft.order.name {
        let table = catalogue.table(&catalogue.relation)?;
        let pairs = catalogue
            .key
            .columns
            .iter()
            .cloned()
            .zip(catalogue.key.order_key.iter().cloned());
        return Some((table, pairs.collect()));
    }
    let mut found = catalogue
        .tables
        .iter()
        .filter_map(|table| refers(draft, table));
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Columns of a table of items with those of the order that they refer to.
fn refers<'a>(draft: &Draft<'a>, table: &'a Table) -> Option<(&'a Table, Vec<(String, String)>)> {
    let name = words::read(&table.plain_name).words;
    let has = |word: &str| name.iter().any(|found| found == word);
    let is_items = has("item") || has("produto") && (has("pedido") || has("venda"));
    if !is_items
        || has("adicional")
        || has("sabor")
        || table.is_view
        || table.name == draft.order.name
    {
        return None;
    }
    if let Some(key) = table
        .foreign_keys
        .iter()
        .find(|key| key.target == draft.order.name)
    {
        let pairs = key
            .columns
            .iter()
            .cloned()
            .zip(key.target_columns.iter().cloned());
        return Some((table, pairs.collect()));
    }
    let column = table.columns.iter().find(|column| {
        let words = words::read(&column.name).words;
        table.reference(&column.name).is_none()
            && (words == ["id", "pedido"] || words == ["id", "venda"])
    })?;
    let (target, key) = draft.follow(table, &column.name)?;
    (target.name == draft.order.name).then(|| (table, vec![(column.name.clone(), key.to_owned())]))
}

/// Chooses the items' fields.
pub fn choose<'a>(draft: &mut Draft<'a>, table: &'a Table, key: &[(String, String)]) -> ItemList {
    let why = format!("rows of {}", one_line(&table.plain_name));
    let rows = Value {
        text: table.name.clone(),
        number: None,
    };
    draft.note("items", Some(&rows), 100, why, Vec::new());
    let columns: Vec<String> = key.iter().map(|(column, _)| column.clone()).collect();
    draft.needs_index(table, &columns);
    let product = product(draft, table);
    let mut tables = vec![("i", table)];
    tables.extend(product.iter().map(|join| (join.alias, join.table)));
    let name = name(draft, table, product.as_ref(), &tables);
    let quantity = draft.field("item.quantity", C::Quantity, &tables);
    let price = price(draft, table, product.as_ref(), &tables);
    let parts = parts::of_items(draft, table);
    let total = total(
        draft,
        table,
        &tables,
        quantity.as_ref(),
        price.as_ref(),
        &parts,
    );
    let notes = draft.field("item.notes", C::ItemNotes, &tables);
    let addons = list(draft, &parts, "item.addons", &tables);
    let flavors = list(draft, &parts, "item.flavors", &tables);
    let mut from: String = format!("    from {} as i\n", table.name);
    for join in product.iter().filter(|join| {
        [&name, &price]
            .iter()
            .any(|value| uses(value.as_ref(), join.alias))
    }) {
        from.push_str(&join.sql("    "));
    }
    for part in parts.list.iter().filter(|part| !part.joined.is_empty()) {
        from.push_str(&part.joined);
    }
    let same: Vec<String> = key
        .iter()
        .map(|(column, of)| {
            equal(
                &format!("i.{}", table.sql(column)),
                &format!("o.{}", draft.order.sql(of)),
            )
        })
        .collect();
    from.push_str(&format!("    where {}\n", same.join(" and ")));
    ItemList {
        lines: Lines {
            name,
            quantity,
            price,
            total,
            notes,
            addons,
            flavors,
        },
        from,
        order_by: row_order(table),
        must_exist: draft.catalogue.relation == table.name,
    }
}

fn uses(value: Option<&Value>, alias: &str) -> bool {
    value.is_some_and(|value| value.text.contains(&format!("{alias}.")))
}

/// What an item is of, where it does not say so itself.
fn product<'a>(draft: &Draft<'a>, table: &'a Table) -> Option<Join<'a>> {
    let keys = candidate::candidates(table, C::ProductKey);
    keys.iter()
        .filter(|found| found.confidence >= CERTAIN_ENOUGH)
        .find_map(|found| draft.join("p", "i", table, &found.column.name))
        .filter(|join| join.table.name != draft.order.name)
}

type Tables<'a> = [(&'static str, &'a Table)];

/// A column of the item, or one of its product; completed by the size.
fn name<'a>(
    draft: &mut Draft<'a>,
    table: &'a Table,
    product: Option<&Join<'a>>,
    tables: &Tables<'a>,
) -> Option<Value> {
    if let Some(value) = draft.given("item.name", tables) {
        return value;
    }
    let chosen = item_or_product(
        draft,
        "item.name",
        (C::ItemName, table),
        (C::OwnName, product),
    )?;
    let variants = candidate::candidates(table, C::Variant);
    let Some(variant) = variants
        .first()
        .filter(|best| best.confidence >= CERTAIN_ENOUGH)
    else {
        return Some(chosen);
    };
    let size = Value::column("i", variant.column, false).text;
    let value = Value {
        text: format!("pg_catalog.concat_ws(' ', {}, {size})", chosen.text),
        number: None,
    };
    if let Some(field) = draft.fields.last_mut() {
        field.expression = Some(value.text.clone());
        field.reason = format!("{} and {}", field.reason, one_line(&variant.column.name));
    }
    Some(value)
}

fn price<'a>(
    draft: &mut Draft<'a>,
    table: &'a Table,
    product: Option<&Join<'a>>,
    tables: &Tables<'a>,
) -> Option<Value> {
    if let Some(value) = draft.given("item.price", tables) {
        return value;
    }
    item_or_product(
        draft,
        "item.price",
        (C::UnitPrice, table),
        (C::UnitPrice, product),
    )
}

/// A column of the item; else one of its product, as it is called or costs today.
fn item_or_product<'a>(
    draft: &mut Draft<'a>,
    field: &str,
    (concept, table): (C, &'a Table),
    (of_product, product): (C, Option<&Join<'a>>),
) -> Option<Value> {
    let own = candidate::candidates(table, concept);
    let is_sure = |found: &&candidate::Candidate<'_>| found.confidence >= CERTAIN_ENOUGH;
    let product = product.filter(|_| own.first().filter(is_sure).is_none());
    let Some(join) = product else {
        return draft.choose(field, concept, "i", table);
    };
    let theirs = candidate::candidates(join.table, of_product);
    let best = theirs.first().filter(is_sure);
    let value = best.map(|best| value_of(join.alias, best, of_product));
    let why = best.map_or_else(|| nothing(&own), |best| reason(best, Some(join)));
    draft.note(
        field,
        value.as_ref(),
        best.map_or(0, |best| best.confidence.saturating_sub(10)),
        why,
        names(&own, false),
    );
    value
}

/// A column, or what follows from quantity, price and add-ons.
fn total<'a>(
    draft: &mut Draft<'a>,
    table: &'a Table,
    tables: &Tables<'a>,
    quantity: Option<&Value>,
    price: Option<&Value>,
    parts: &parts::Parts,
) -> Option<Value> {
    if let Some(value) = draft.given("item.total", tables) {
        return value;
    }
    let found = candidate::candidates(table, C::LineTotal);
    // `valor` alone is the unit's where nothing else is.
    let taken = draft
        .fields
        .iter()
        .find(|field| field.field == "item.price")
        .and_then(|field| field.expression.clone());
    let best = found.first().filter(|best| {
        best.confidence >= CERTAIN_ENOUGH
            && taken.as_ref() != Some(&value_of("i", best, C::LineTotal).text)
    });
    if let Some(best) = best {
        let value = value_of("i", best, C::LineTotal);
        draft.note(
            "item.total",
            Some(&value),
            best.confidence,
            reason(best, None),
            names(&found, true),
        );
        return Some(value);
    }
    let value = computed(quantity, price, &parts.amounts);
    let why = match (&value, parts.amounts.is_empty()) {
        (None, _) => "neither a column nor what it could be computed of",
        (Some(_), true) => "no column; computed: quantity × unit price",
        (Some(_), false) => "no column; computed: quantity × unit price, and add-ons",
    };
    draft.note(
        "item.total",
        value.as_ref(),
        if value.is_some() { 80 } else { 0 },
        why.to_owned(),
        names(&found, false),
    );
    value
}

/// Quantity times price, and what is added.
pub fn computed(
    quantity: Option<&Value>,
    price: Option<&Value>,
    added: &[Amount],
) -> Option<Value> {
    let mut piece = price?.number.clone()?;
    let mut line = String::new();
    for amount in added {
        match amount {
            Amount::EachPiece(amount) => piece = format!("{piece} {} {amount}", operator("+")),
            Amount::Line(amount) => line = format!("{line} {} {amount}", operator("+")),
        }
    }
    if piece.contains(&operator("+")) {
        piece = format!("({piece})");
    }
    let pieces = match quantity {
        Some(quantity) => format!("{} {} {piece}", quantity.number.as_ref()?, operator("*")),
        None => piece,
    };
    Some(Value::amount(format!("{pieces}{line}")))
}

/// Add-ons or flavours: what is given, or what the parts make.
fn list<'a>(
    draft: &mut Draft<'a>,
    parts: &parts::Parts,
    field: &str,
    tables: &Tables<'a>,
) -> Entry {
    if let Some(value) = draft.given(field, tables) {
        return value.map(|value| {
            format!(
                "coalesce({}::jsonb, '[]')",
                value.text.trim_end_matches("::text")
            )
        });
    }
    let of_field: Vec<&Part> = parts
        .list
        .iter()
        .filter(|part| part.field == field)
        .collect();
    let lists: Vec<&str> = of_field.iter().map(|part| part.list.as_str()).collect();
    let expression = lists.join(&format!(" {} ", operator("||")));
    let why: Vec<&str> = of_field.iter().map(|part| part.reason.as_str()).collect();
    let sure = of_field
        .iter()
        .map(|part| part.confidence)
        .min()
        .unwrap_or(0);
    let value = (!of_field.is_empty()).then(|| Value {
        text: expression.clone(),
        number: None,
    });
    let why = if of_field.is_empty() {
        "none found".to_owned()
    } else {
        why.join(", and ")
    };
    draft.note(field, value.as_ref(), sure, why, Vec::new());
    value.map(|value| value.text)
}

/// How to put items in the order they were entered.
fn row_order(table: &Table) -> String {
    let positions = candidate::candidates(table, C::Position);
    if let Some(position) = positions
        .first()
        .filter(|best| best.confidence >= CERTAIN_ENOUGH)
    {
        return format!("i.{}", position.column.sql);
    }
    let grows = |column: &String| {
        table
            .column(column)
            .is_some_and(|column| column.shape() != Shape::Uuid)
    };
    if table.primary_key.is_empty() || !table.primary_key.iter().all(grows) {
        return "i.ctid".to_owned();
    }
    let columns: Vec<String> = table
        .primary_key
        .iter()
        .map(|column| format!("i.{}", table.sql(column)))
        .collect();
    columns.join(", ")
}
