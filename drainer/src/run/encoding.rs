//! Texts for databases whose encoding has only Western European characters, as older ones have, and for all others.

use std::borrow::Cow;

use deadpool_postgres::GenericClient;
use serde_json::Value;

use super::statement;
pub(crate) use zapgres_core::western::western;

const WESTERN_ONLY: &str = "-- western_only
select pg_catalog.getdatabaseencoding() in ('LATIN1', 'LATIN9', 'WIN1252')";

/// Whether the database stores nothing but Western European characters.
pub(crate) async fn is_western_only(
    client: &impl GenericClient,
) -> Result<bool, tokio_postgres::Error> {
    let rows = statement::rows(client, WESTERN_ONLY, &[]).await?;
    rows.first().map_or(Ok(false), |row| row.try_get(0))
}

/// What a database can store of a text that somebody else wrote: none takes U+0000.
pub(crate) fn storable(text: &str, western_only: bool) -> Cow<'_, str> {
    let without_null = match text.contains('\0') {
        true => Cow::Owned(text.replace('\0', "")),
        false => Cow::Borrowed(text),
    };
    match western_only && !text.is_ascii() {
        true => Cow::Owned(western(&without_null)),
        false => without_null,
    }
}

/// The same for all texts of a JSON value, names included.
pub(crate) fn storable_json(value: Value, western_only: bool) -> Value {
    let storable = |text: &str| storable(text, western_only).into_owned();
    match value {
        Value::String(text) => Value::String(storable(&text)),
        Value::Array(items) => {
            let items = items.into_iter();
            Value::Array(
                items
                    .map(|item| storable_json(item, western_only))
                    .collect(),
            )
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let field = |(name, value): (String, Value)| {
                (storable(&name), storable_json(value, western_only))
            };
            Value::Object(fields.map(field).collect())
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_latin1_lacks_is_replaced_or_left_out() {
        let text = "Olá, Ana! 😊\n\n2x Pão – R$ 1,00\n… e mais “2”";
        let plain = "Olá, Ana!\n\n2x Pão - R$ 1,00\n... e mais \"2\"";
        assert_eq!(western(text), plain);
    }

    /// C1: what a stranger writes must not be refused by the database.
    #[test]
    fn a_null_is_left_out_of_texts_and_json() {
        assert_eq!(storable("a\0b😊", false), "ab😊");
        assert_eq!(storable("a\0b😊", true), "ab");
        let value = json!({"a\0": ["\0", {"b": "é😊\0"}], "n": 1});
        assert_eq!(
            storable_json(value.clone(), false),
            json!({"a": ["", {"b": "é😊"}], "n": 1})
        );
        assert_eq!(
            storable_json(value, true),
            json!({"a": ["", {"b": "é"}], "n": 1})
        );
    }
}
