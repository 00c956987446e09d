//! Processor time of processes, from `/proc`.

use std::fs;

/// Clock ticks per second in `/proc`; Linux has had no other value for user space since 2.6.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of a server and all its processes, those that have ended included, in seconds.
pub fn of_server(postmaster: u32) -> f64 {
    let children = fs::read_dir("/proc").expect("/proc").filter_map(|entry| {
        let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let fields = stat_fields(pid)?;
        (fields.get(1)?.parse() == Ok(postmaster)).then(|| ticks(&fields, 11..13))
    });
    let own = stat_fields(postmaster).expect("the server's process");
    (ticks(&own, 11..15) + children.sum::<f64>()) / TICKS_PER_SECOND
}

/// The process that started another.
pub fn parent_of(pid: u32) -> u32 {
    stat_fields(pid).expect("the process")[1]
        .parse()
        .expect("its parent")
}

/// Processor time of a process, in seconds.
pub fn of_process(pid: u32) -> f64 {
    ticks(&stat_fields(pid).expect("the process"), 11..13) / TICKS_PER_SECOND
}

/// Fields of `/proc/PID/stat` from the third on: the second may contain anything.
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

fn ticks(fields: &[String], which: std::ops::Range<usize>) -> f64 {
    fields[which]
        .iter()
        .map(|field| field.parse::<f64>().expect("clock ticks"))
        .sum()
}
