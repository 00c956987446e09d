//! Reading the command line, with a misunderstanding told in one line.

use std::error::Error;
use std::ffi::OsString;
use std::io::IsTerminal;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use crate::config;

/// Why there is no command to run.
#[derive(Debug)]
pub enum NoCommand {
    /// Help or the version was asked for: the text to print.
    Answered(String),
    /// The line to complain with.
    Misunderstood(String),
}

/// Reads `arguments`, the program's name first.
pub fn parse<C: CommandFactory + FromArgMatches>(
    arguments: impl Iterator<Item = OsString>,
) -> Result<C, NoCommand> {
    let command = document(C::command());
    command
        .try_get_matches_from(arguments)
        .and_then(|matches| C::from_arg_matches(&matches))
        .map_err(|error| no_command(&error))
}

/// Names the environment's variables in the help of every command.
fn document(command: clap::Command) -> clap::Command {
    config::document(command).mut_subcommands(document)
}

fn no_command(error: &clap::Error) -> NoCommand {
    let text = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let styled = std::io::stdout().is_terminal();
            NoCommand::Answered(if styled {
                text.ansi().to_string()
            } else {
                text.to_string()
            })
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            NoCommand::Misunderstood("no command given; see zapgres --help".to_owned())
        }
        _ => NoCommand::Misunderstood(match bad_value(error) {
            Some(line) => line,
            None => one_line(&text.to_string()),
        }),
    }
}

/// What a flag's parser said of its value, without the value: people paste secrets.
fn bad_value(error: &clap::Error) -> Option<String> {
    let argument = error.get(ContextKind::InvalidArg)?;
    let cause = error.source()?;
    Some(format!("{argument}: {cause}"))
}

/// The complaint without the usage that follows it after an empty line.
fn one_line(rendered: &str) -> String {
    let complaint: Vec<&str> = rendered
        .trim_start_matches("error: ")
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    format!(
        "{}; see {} --help",
        complaint.join(" "),
        command_of(rendered)
    )
}

/// The command that was misunderstood, as its usage begins.
fn command_of(rendered: &str) -> String {
    let usage = rendered.split("Usage: ").nth(1).unwrap_or("zapgres");
    let is_name = |word: &&str| {
        word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
    };
    usage
        .split_whitespace()
        .take_while(is_name)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    fn refusal(arguments: &[&str]) -> String {
        let arguments = ["zapgres"].iter().chain(arguments).map(OsString::from);
        match parse::<Cli>(arguments) {
            Err(NoCommand::Misunderstood(line)) => line,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn a_misunderstanding_is_one_line_with_a_remedy() {
        for arguments in [
            &["rum"][..],
            &["run", "--pool-sise=3"],
            &["channel", "add", "loja1"],
            &[],
        ] {
            let line = refusal(arguments);
            assert!(!line.contains('\n') && line.ends_with("--help"), "{line}");
        }
    }

    #[test]
    fn the_help_of_the_command_itself_is_named() {
        assert!(refusal(&["attach"]).ends_with("; see zapgres attach --help"));
        assert!(
            refusal(&["channel", "add", "loja1", "--rat=3"])
                .ends_with("; see zapgres channel add --help")
        );
        assert!(refusal(&["rum"]).ends_with("; see zapgres --help"));
    }

    #[test]
    fn a_wrong_value_is_not_repeated() {
        let line = refusal(&["channel", "add", "loja1", "--credential=segredo123"]);
        assert!(
            line.starts_with("--credential <REFERENCE>: the credential is not a reference"),
            "{line}"
        );
        let line = refusal(&["run", "--database-url=mysql://ana:segredo123@db/x"]);
        assert!(
            line.starts_with("--database-url <URL>: not the address of a database"),
            "{line}"
        );
        assert!(!line.contains("segredo123"), "{line}");
    }

    #[test]
    fn help_names_the_variable_and_the_default_of_every_setting() {
        let arguments = ["zapgres", "run", "--help"].iter().map(OsString::from);
        let Err(NoCommand::Answered(help)) = parse::<Cli>(arguments) else {
            panic!("no help")
        };
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("[default: 8] [env: ZAPGRES_POOL_SIZE]"),
            "{help}"
        );
        assert!(words.contains("[env: ZAPGRES_DATABASE_URL]"), "{help}");
    }

    #[test]
    fn flags_that_no_variable_sets_name_none() {
        let help = |arguments: &[&str]| {
            let arguments = ["zapgres"].iter().chain(arguments).chain(&["--help"]);
            match parse::<Cli>(arguments.map(OsString::from)) {
                Err(NoCommand::Answered(help)) => help,
                other => panic!("no help: {other:?}"),
            }
        };
        assert!(!help(&["tenant", "set"]).contains("ZAPGRES_NAME"));
        assert!(!help(&["sandbox"]).contains("ZAPGRES_LISTEN"));
        assert!(help(&["run"]).contains("ZAPGRES_LISTEN"));
        assert!(help(&["run"]).contains("ZAPGRES_NAME"));
        assert!(help(&["seal"]).contains("ZAPGRES_SEAL_KEY"));
    }

    #[test]
    fn the_command_line_is_well_formed() {
        document(Cli::command()).debug_assert();
    }
}
