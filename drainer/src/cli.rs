//! The command line: one module per command.

mod adopt;
mod attach;
mod channel;
mod confirm;
mod daemon;
mod doctor;
mod pause;
mod preview;
mod queue;
mod run;
mod sandbox;
mod seal;
mod setting;
mod setup;
mod signals;
mod sweep;
mod table;
mod template;
mod tenant;
mod usage;
mod why;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError, DatabaseSettings, Environment, LogSettings, Settings};
use crate::logging;

/// Exit code of a command that was understood, but failed.
const FAILURE: u8 = 1;
/// Exit code of a command line that was not understood.
const USAGE: u8 = 2;
/// Exit code of settings that cannot be used (`EX_CONFIG` of `sysexits.h`): trying again changes nothing.
const CONFIGURATION: u8 = 78;

/// WhatsApp messages out of a PostgreSQL database.
#[derive(Debug, Parser)]
#[command(name = "zapgres", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send what the database has queued, until stopped
    Run(Settings),
    /// Search once for orders that capture missed, and queue them
    Sweep(Settings),
    Setup(setup::SetupCommand),
    Adopt(adopt::AdoptCommand),
    Attach(attach::AttachCommand),
    /// Work with channels
    #[command(subcommand)]
    Channel(channel::ChannelCommand),
    /// Look at the queue; cancel, retry, resend
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    Why(why::WhyCommand),
    Preview(preview::PreviewCommand),
    /// Look at the texts of messages; save, activate, check
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Work with tenants
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Look at the settings in the database, change them
    #[command(subcommand)]
    Setting(setting::SettingCommand),
    Mode(setting::ModeCommand),
    /// Work with sources, the attached tables
    #[command(subcommand)]
    Source(pause::SourceCommand),
    /// Look at the daemons
    #[command(subcommand)]
    Daemon(daemon::DaemonCommand),
    Doctor(doctor::DoctorCommand),
    Seal(seal::SealCommand),
    Sandbox(sandbox::SandboxCommand),
}

/// The settings of a command that only needs the database.
#[derive(Debug, Clone, Args)]
struct CommandSettings {
    /// File with settings [default: /etc/zapgres/zapgres.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    log: LogSettings,
}

impl CommandSettings {
    fn load(self) -> anyhow::Result<Config> {
        let Self {
            config,
            database,
            log,
        } = self;
        load(Settings {
            config,
            database,
            log,
            ..Settings::default()
        })
    }
}

/// Runs the command that this process was started with.
pub fn main() -> ExitCode {
    let command = match usage::parse::<Cli>(std::env::args_os()) {
        Ok(cli) => cli.command,
        Err(usage::NoCommand::Answered(text)) => return answer(&text),
        Err(usage::NoCommand::Misunderstood(line)) => return complain(&line, USAGE),
    };
    match execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(doctor::Found(code)) = error.downcast_ref() {
        return ExitCode::from(*code);
    }
    let code = if error.is::<ConfigError>() {
        CONFIGURATION
    } else {
        FAILURE
    };
    complain(&error.to_string(), code)
}

fn execute(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Run(settings) => run::execute(load(settings)?).await,
            Command::Sweep(settings) => sweep::execute(load(settings)?).await,
            Command::Setup(command) => command.execute().await,
            Command::Adopt(command) => command.execute().await,
            Command::Attach(command) => command.execute().await,
            Command::Channel(command) => command.execute().await,
            Command::Queue(command) => command.execute().await,
            Command::Why(command) => command.execute().await,
            Command::Preview(command) => command.execute().await,
            Command::Template(command) => command.execute().await,
            Command::Tenant(command) => command.execute().await,
            Command::Setting(command) => command.execute().await,
            Command::Mode(command) => command.execute().await,
            Command::Source(command) => command.execute().await,
            Command::Daemon(command) => command.execute().await,
            Command::Doctor(command) => command.execute().await,
            Command::Seal(command) => command.execute(),
            Command::Sandbox(command) => command.execute().await,
        }
    })
}

fn load(flags: Settings) -> anyhow::Result<Config> {
    let config = Config::load(flags, &environment())?;
    logging::start(&config.log)?;
    Ok(config)
}

/// The variables of this process whose names are text.
fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value)))
        .collect()
}

/// Prints a line for whoever ran the command.
fn say(line: &str) {
    // A reader that has seen enough, such as `head`, is no failure.
    writeln!(std::io::stdout(), "{line}").ok();
}

fn answer(text: &str) -> ExitCode {
    write!(std::io::stdout(), "{text}").ok();
    ExitCode::SUCCESS
}

fn complain(line: &str, code: u8) -> ExitCode {
    writeln!(std::io::stderr(), "zapgres: {line}").ok();
    ExitCode::from(code)
}
