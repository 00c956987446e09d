//! Every code is explained, in both languages and in the documentation.

use std::collections::BTreeSet;

use zapgres_core::decision;

use crate::cluster::plain;
use crate::shop;

const GUIDE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/TROUBLESHOOTING.md"
));

/// B3: the codes that are written are those that are explained.
#[tokio::test]
async fn every_code_is_explained_in_both_languages() {
    let (_, s) = shop::open(plain()).await;
    let expected: BTreeSet<String> = decision::ALL
        .iter()
        .map(|code| (*code).to_owned())
        .collect();
    for language in ["portuguese", "english"] {
        let codes = format!("select code from zap.codes_in_{language}() where length(meaning) > 8");
        let codes: BTreeSet<String> = s.column(&codes).await.into_iter().collect();
        assert_eq!(codes, expected, "{language}");
    }
    let one_sided = "select p.code from zap.codes_in_portuguese() as p join zap.codes_in_english() as e using (code)
         where (p.remedy is null) <> (e.remedy is null) or p.meaning = e.meaning";
    assert_eq!(s.column(one_sided).await, [""; 0]);
}

/// B3: an unknown code has no text, a locale without one of ours is answered in English.
#[tokio::test]
async fn other_locales_are_answered_in_english() {
    let (_, s) = shop::open(plain()).await;
    let meaning = "select meaning from zap.code_text('read', 'fr')";
    assert_eq!(s.value(meaning).await, "It was read.");
    let unknown = "select count(*) from zap.code_text('bogus', 'pt-BR')";
    assert_eq!(s.value(unknown).await, "0");
}

/// B3: the values are literals of the language they stand in: names cannot become commands.
#[tokio::test]
async fn values_are_quoted() {
    let (_, s) = shop::open(plain()).await;
    let filled = |template: &str| {
        format!(
            "select zap.fill_text('{template}', jsonb_build_object('channel', 'a''b; $(x)', 'none', null))"
        )
    };
    assert_eq!(s.value(&filled("{channel:sql}")).await, "'a''b; $(x)'");
    assert_eq!(s.value(&filled("{channel:sh}")).await, "'a'\\''b; $(x)'");
    assert_eq!(s.value(&filled("{channel} {none}")).await, "a'b; $(x) -");
    let masked = "select zap.masked_number('+5511987654321')";
    assert_eq!(s.value(masked).await, "+*********4321");
}

/// B3: the guide has every code, as the database explains it.
#[tokio::test]
async fn the_guide_says_the_same() {
    let (_, s) = shop::open(plain()).await;
    let rows = s
        .rows("select code, meaning, coalesce(remedy, '') from zap.codes_in_english()")
        .await;
    for row in rows {
        let remedy = match row[2].as_str() {
            "" => "—".to_owned(),
            remedy => format!("`{}`", remedy.replace('|', "\\|")),
        };
        let line = format!("| `{}` | {} | {remedy} |", row[0], row[1]);
        assert!(GUIDE.contains(&line), "missing in the guide: {line}");
    }
    let in_guide = GUIDE.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(in_guide, decision::ALL.len());
}

/// B3: databases of old systems are in other encodings, and have the same letters.
#[tokio::test]
async fn explanations_have_their_accents_in_every_encoding() {
    let text = "select string_agg(t.meaning || coalesce(t.remedy, ''), ' ' order by c.code)
         from zap.codes_in_portuguese() as c, zap.code_text(c.code, 'pt-BR') as t";
    let (_, s) = shop::open(plain()).await;
    let expected = s.value(text).await.replace('…', "...");
    assert!(expected.contains("não"), "{expected}");
    for encoding in ["LATIN1", "WIN1252"] {
        let database = plain().database_in(encoding).await;
        let s = database.session().await;
        s.run("create extension zapgres").await;
        assert_eq!(s.value(text).await, expected, "{encoding}");
    }
}
