//! What the guide prints works as printed.

use super::open;
use crate::shop;

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/TEMPLATES.md"));

/// O6: each row of the table of filters says what its example gives.
#[tokio::test]
async fn the_filters_do_what_the_guide_says() {
    let s = open().await;
    let begin = GUIDE.find("## Filters").expect("a chapter");
    let end = begin + GUIDE[begin..].find("\n## W").expect("the next chapter");
    let rows = GUIDE[begin..end]
        .lines()
        .filter(|line| line.starts_with("| `{{"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('`').collect();
        let (example, printed) = (cells[1].replace("\\|", "|"), cells[3]);
        let render = format!(
            "select zap.render('[{}]', zap.sample_context())",
            example.replace('\'', "''")
        );
        assert_eq!(s.value(&render).await, format!("[{printed}]"), "{row}");
        count += 1;
    }
    assert!(count >= 12, "{count} examples");
}

/// O6: its statements run.
#[tokio::test]
async fn the_statements_of_the_guide_run() {
    let s = open().await;
    shop::place(&s, 1).await;
    let blocks: Vec<&str> = GUIDE
        .split("```sql\n")
        .skip(1)
        .filter_map(|text| text.split("```").next())
        .collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        s.run(block).await;
    }
}

/// O6: the lists in it are what the filters make of the invented order.
#[tokio::test]
async fn its_messages_are_what_is_sent() {
    let s = open().await;
    let begin = GUIDE.find("## Filters").expect("a chapter");
    let list = s
        .value("select zap.render('{{ items | itens }}', zap.sample_context())")
        .await;
    assert!(
        GUIDE[begin..].contains(&format!("```text\n{list}\n```")),
        "{list}"
    );
}
