//! The values that a template sees: those of the context query, with null for what it does not mention.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

const SECTIONS: [(&str, &[&str]); 4] = [
    (
        "order",
        &[
            "id",
            "number",
            "total",
            "subtotal",
            "delivery_fee",
            "discount",
            "status",
            "type",
            "payment",
            "address",
            "notes",
            "created_at",
        ],
    ),
    ("customer", &["name", "phone"]),
    ("company", &["name", "phone"]),
    ("event", &["name", "status"]),
];
const ITEMS: &str = "items";
const ITEM: &[&str] = &[
    "name", "quantity", "price", "total", "notes", "addons", "flavors",
];
/// Sections by the names that people expect them to have.
const PORTUGUESE: [(&str, &str); 5] = [
    ("pedido", "order"),
    ("cliente", "customer"),
    ("empresa", "company"),
    ("loja", "company"),
    ("evento", "event"),
];
/// How alike a known name has to be to be proposed; 1 is the same.
const SIMILARITY_MIN: f64 = 0.7;
/// The same, for the part before the point.
const SECTION_SIMILARITY_MIN: f64 = 0.85;

/// A context with every standard name: what the context query leaves out is null.
pub(super) struct Completed<'a>(pub &'a Value);

impl Serialize for Completed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, fields) in SECTIONS {
            map.serialize_entry(name, &Section(self.0.get(name), fields))?;
        }
        map.serialize_entry(ITEMS, &Items(self.0.get(ITEMS)))?;
        for (name, value) in self.0.as_object().into_iter().flatten() {
            if name != ITEMS && SECTIONS.iter().all(|(section, _)| section != name) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// An object with at least these fields. What is neither an object nor null stays as it is.
struct Section<'a>(Option<&'a Value>, &'static [&'static str]);

impl Serialize for Section<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nothing = Map::new();
        let given = match self.0 {
            None | Some(Value::Null) => &nothing,
            Some(Value::Object(given)) => given,
            Some(other) => return other.serialize(serializer),
        };
        let mut map = serializer.serialize_map(None)?;
        for field in self.1.iter().filter(|field| !given.contains_key(**field)) {
            map.serialize_entry(field, &())?;
        }
        for (name, value) in given {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A list of items; none: empty.
struct Items<'a>(Option<&'a Value>);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let none = Vec::new();
        let items = match self.0 {
            None | Some(Value::Null) => &none,
            Some(Value::Array(items)) => items,
            Some(other) => return other.serialize(serializer),
        };
        let mut list = serializer.serialize_seq(Some(items.len()))?;
        for item in items {
            list.serialize_element(&Section(
                Some(item),
                if item.is_object() { ITEM } else { &[] },
            ))?;
        }
        list.end()
    }
}

/// The known name that is most like what is written, if one is. An expression is like none.
pub(super) fn nearest(written: &str, context: &Value) -> Option<String> {
    if written.contains(' ') {
        return None;
    }
    let known = known_names(context);
    let name = &*in_english(written);
    let (prefix, field) = name.rsplit_once('.').unwrap_or(("", name));
    // A loop's variable has a name of the template's own: its fields are an item's.
    let is_section = |known: &String| {
        !known.contains('.')
            && known != ITEMS
            && strsim::jaro_winkler(prefix, known) >= SECTION_SIMILARITY_MIN
    };
    let of_an_item = !prefix.is_empty() && !known.iter().any(is_section);
    if of_an_item
        && let Some(nearest) = most_alike(field, ITEM.iter().map(|field| (*field).to_owned()))
    {
        return Some(format!("{prefix}.{nearest}"));
    }
    let alike = most_alike(name, known.into_iter());
    alike.filter(|alike| alike != written)
}

/// Who writes in Portuguese also calls the sections so.
fn in_english(name: &str) -> Cow<'_, str> {
    let (section, field) = name.split_at(name.find('.').unwrap_or(name.len()));
    let english = PORTUGUESE
        .iter()
        .find(|(portuguese, _)| *portuguese == section);
    english.map_or(Cow::Borrowed(name), |(_, english)| {
        Cow::Owned(format!("{english}{field}"))
    })
}

fn most_alike(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|known| (strsim::jaro_winkler(name, &known), known))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

fn known_names(context: &Value) -> Vec<String> {
    let mut names: Vec<String> = SECTIONS
        .iter()
        .flat_map(|(section, fields)| {
            let fields = fields.iter().map(move |field| format!("{section}.{field}"));
            fields.chain([(*section).to_owned()])
        })
        .chain([ITEMS.to_owned()])
        .collect();
    for (name, value) in context.as_object().into_iter().flatten() {
        names.push(name.clone());
        let fields = value.as_object().into_iter().flatten();
        names.extend(fields.map(|(field, _)| format!("{name}.{field}")));
    }
    names
}
