//! The layer of the environment: the variable of `--pool-size` is `ZAPGRES_POOL_SIZE`.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;

use clap::{Arg, Args, Command, FromArgMatches};

use super::{ConfigError, Settings};

const PREFIX: &str = "ZAPGRES_";

/// Variables and their values.
pub type Environment = HashMap<String, OsString>;

/// Name of the variable that stands for the flag `--long`.
fn variable_name(long: &str) -> String {
    format!("{PREFIX}{}", long.to_ascii_uppercase().replace('-', "_"))
}

/// Names the variable in the help of every flag that is a setting.
pub fn document(command: Command) -> Command {
    let settings = Settings::augment_args(Command::new("settings"));
    let is_setting = |argument: &Arg| {
        // A command may have a flag of that name for something else.
        let says_the_same = |setting: &Arg| {
            let help = |argument: &Arg| {
                argument
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default()
            };
            help(setting).starts_with(&help(argument))
        };
        settings
            .get_arguments()
            .any(|setting| setting.get_long() == argument.get_long() && says_the_same(setting))
    };
    command.mut_args(
        |argument| match (argument.get_long(), argument.get_help()) {
            (Some(long), Some(help)) if is_setting(&argument) => {
                let help = format!("{help} [env: {}]", variable_name(long));
                argument.help(help)
            }
            _ => argument,
        },
    )
}

/// Reads the settings that `environment` holds.
///
/// Each variable goes through the parser of its flag, one at a time, so that an error can name the variable.
pub fn read(environment: &Environment) -> Result<Settings, ConfigError> {
    let command = Settings::augment_args(Command::new("environment").no_binary_name(true));
    let mut settings = Settings::default();
    for long in command.get_arguments().filter_map(Arg::get_long) {
        let variable = variable_name(long);
        // An empty variable is how an environment file switches a line off.
        let Some(value) = environment.get(&variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        let mut argument = OsString::from(format!("--{long}="));
        argument.push(value);
        let matches = command.clone().try_get_matches_from([argument]);
        let one = matches.and_then(|matches| Settings::from_arg_matches(&matches));
        let one = one.map_err(|error| ConfigError::Environment {
            variable,
            cause: cause(&error),
        })?;
        settings = settings.over(one);
    }
    Ok(settings)
}

/// What the flag's parser said, without the value: it may be a password.
fn cause(error: &clap::Error) -> String {
    let possible = error.get(clap::error::ContextKind::ValidValue);
    match (error.source(), possible) {
        (Some(source), _) => source.to_string(),
        (None, Some(possible)) => format!("not one of {possible}"),
        (None, None) => "not a value that this setting takes".to_owned(),
    }
}
