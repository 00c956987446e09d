//! Where the server's time goes, by statement: with STATEMENTS=1, from `pg_stat_statements`.

use tokio_postgres::Client;

/// The statements that took the most time, the name that each begins with first.
const MOST: &str = "
    select left(regexp_replace(query, '\\s+', ' ', 'g'), 40) as statement, calls,
        round(total_exec_time::numeric) as ms, round((total_exec_time / calls)::numeric, 2) as ms_each, rows,
        round(wal_bytes / greatest(rows, 1)) as wal
    from pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database())
    order by total_exec_time desc limit 14";

fn is_wanted() -> bool {
    std::env::var_os("STATEMENTS").is_some_and(|value| !value.is_empty())
}

/// Counts from here on.
pub async fn reset(client: &Client) {
    if is_wanted() {
        let reset = "create extension if not exists pg_stat_statements schema public; select pg_stat_statements_reset()";
        client
            .batch_execute(reset)
            .await
            .expect("pg_stat_statements");
    }
}

/// Prints what was counted.
pub async fn print(client: &Client) {
    if !is_wanted() {
        return;
    }
    println!(
        "| statement | calls | ms | ms each | rows | WAL bytes per row |\n|---|---:|---:|---:|---:|---:|"
    );
    let query = format!(
        "select concat_ws(' | ', s.statement, s.calls, s.ms, s.ms_each, s.rows, s.wal) from ({MOST}) as s"
    );
    for row in client.query(&query, &[]).await.expect("the statements") {
        println!("| {} |", row.get::<_, String>(0));
    }
    println!();
}
