//! What docs/INSTALL.md prints works as printed.

use crate::cluster::plain;

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/INSTALL.md"));

const AMBIGUOUS: &str = "
    create table pedidos (id integer primary key, telefone text, phone text, total numeric);
    create table itens (id serial primary key, pedido_id integer references pedidos, nome text, quantidade integer, preco numeric)";

/// The chapters, each with its fenced SQL.
fn chapters() -> Vec<(&'static str, String)> {
    let chapter = |text: &'static str| {
        let (title, body) = text.split_once('\n')?;
        let blocks = body
            .split("```sql\n")
            .skip(1)
            .filter_map(|block| block.split("```").next());
        Some((title, blocks.collect::<Vec<_>>().join("\n")))
    };
    GUIDE.split("\n## ").skip(1).filter_map(chapter).collect()
}

/// B5: every statement of the guide, on the tables that its chapter is about.
#[tokio::test]
async fn its_statements_work() {
    let chapters = chapters();
    assert!(chapters.len() >= 7, "{chapters:?}");
    for (title, statements) in chapters {
        let tables = match title {
            "Names and prices as they were" => include_str!("schemas/b.sql"),
            "Orders without a phone" => include_str!("schemas/c.sql"),
            "Items as JSON" => include_str!("schemas/f.sql"),
            "When two columns fit" => AMBIGUOUS,
            _ => include_str!("schemas/a.sql"),
        };
        let s = plain().database().await.session().await;
        s.run(tables).await;
        for statement in statements.split_inclusive(";\n") {
            s.run(statement).await;
        }
        assert_ne!(
            s.value("select count(*) from zap.source").await,
            "0",
            "{title}"
        );
    }
}
