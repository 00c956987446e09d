//! What figures depend on, for the report.

use std::fs;
use std::process::Command;

use tokio_postgres::Client;

/// One line each: when and what, on which machine, the server's settings.
pub async fn lines(client: &Client) -> Vec<String> {
    let query = "select to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SSOF'), split_part(version(), ' on ', 1),
        string_agg(name || ' = ' || current_setting(name), ', ' order by name)
        from unnest(array['fsync', 'synchronous_commit', 'wal_sync_method', 'full_page_writes', 'shared_buffers',
            'max_wal_size', 'track_commit_timestamp']) as s (name)";
    let row = client.query_one(query, &[]).await.expect("conditions");
    let [date, version, settings]: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    vec![
        format!("{date}, commit {}, release build", commit()),
        format!("{}, load average before: {}", processor(), load_average()),
        format!("{version}: {settings}"),
    ]
}

fn commit() -> String {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--exclude=*"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = git.output().map(|output| output.stdout).unwrap_or_default();
    let commit = String::from_utf8_lossy(&output).trim().to_owned();
    if commit.is_empty() {
        "unknown".to_owned()
    } else {
        commit
    }
}

fn processor() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = information
        .lines()
        .filter_map(|line| line.strip_prefix("model name\t: "))
        .collect();
    format!(
        "{} × {}",
        models.len(),
        models.first().copied().unwrap_or("unknown processor")
    )
}

fn load_average() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split(' ').next().unwrap_or_default().to_owned()
}
