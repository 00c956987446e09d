//! Texts for databases whose encoding has only Western European characters, as older ones have.

use deadpool_postgres::GenericClient;

use super::decide::Decision;
use crate::run::statement;

const WESTERN_ONLY: &str = "-- western_only
select pg_catalog.getdatabaseencoding() in ('LATIN1', 'LATIN9', 'WIN1252')";

/// Whether the database stores nothing but Western European characters.
pub(crate) async fn is_western_only(
    client: &impl GenericClient,
) -> Result<bool, tokio_postgres::Error> {
    let rows = statement::rows(client, WESTERN_ONLY, &[]).await?;
    rows.first().map_or(Ok(false), |row| row.try_get(0))
}

/// Makes a message's text one that such a database can store.
pub(crate) fn make_western(decision: &mut Decision) {
    if let Decision::Send { message, .. } | Decision::Skip { message, .. } = decision {
        message.body = message.body.as_deref().map(western);
    }
}

/// Dashes and ellipses are replaced; emoji and the like are left out, with the spaces that would end a line then.
fn western(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{2010}'..='\u{2015}' => plain.push('-'),
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            '…' => plain.push_str("..."),
            '\0'..='\u{ff}' => plain.push(character),
            _ => {}
        }
    }
    let lines: Vec<&str> = plain.split('\n').map(str::trim_end).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_latin1_lacks_is_replaced_or_left_out() {
        let text = "Olá, Ana! 😊\n\n2x Pão – R$ 1,00\n… e mais “2”";
        let plain = "Olá, Ana!\n\n2x Pão - R$ 1,00\n... e mais \"2\"";
        assert_eq!(western(text), plain);
    }
}
