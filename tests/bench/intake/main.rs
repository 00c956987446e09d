//! From captured orders to messages that wait for a channel, through the real daemon: intake alone. Started by
//! `scripts/bench-intake.sh`.
//!
//! No company has a channel, so nothing is sent. A round counts only when every order has become a message with its total
//! in it.

#[path = "../conditions.rs"]
mod conditions;
mod daemon;
#[path = "../daemon_process.rs"]
mod daemon_process;
mod database;
mod environment;
#[path = "../processor_time.rs"]
mod processor_time;
mod report;
mod round;
#[path = "../statements.rs"]
mod statements;
#[path = "../usage.rs"]
mod usage;

use environment::Environment;
use report::Report;

#[tokio::main]
async fn main() {
    let environment = Environment::read();
    std::fs::create_dir_all(&environment.output).expect("the output directory");
    let client = database::create(&environment.socket).await;
    let mut report = Report::begin(&client, &environment).await;
    for number in 1..=environment.rounds {
        // In turns: what the machine does beside falls on all of them.
        for program in &environment.programs {
            statements::reset(&client).await;
            let round = round::measure(&environment, program, &client).await;
            report.add(number, program, round);
            statements::print(&client).await;
        }
    }
    report.publish(&environment.output);
}
