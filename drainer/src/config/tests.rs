use std::path::Path;

use clap::{Command, FromArgMatches};
use zapgres_providers::AllowedAddresses;

use super::*;

fn flags(arguments: &[&str]) -> Settings {
    let command = Settings::augment_args(Command::new("test").no_binary_name(true));
    Settings::from_arg_matches(&command.get_matches_from(arguments)).unwrap()
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.into()))
        .collect()
}

fn file(text: &str) -> Result<Settings, ConfigError> {
    file::parse(Path::new("zapgres.toml"), text)
}

const URL: [&str; 1] = ["--database-url=postgresql://db/orders"];

fn defaults() -> Config {
    flags(&URL).resolve().unwrap()
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let environment = environment(&[("ZAPGRES_POOL_SIZE", "3"), ("ZAPGRES_CLAIM_BATCH", "30")]);
    let below = "[database]\npool_size = 7\n[sending]\nclaim_batch = 40\nin_flight = 44";
    let merged = flags(&[URL[0], "--pool-size=5"])
        .over(environment::read(&environment).unwrap())
        .over(file(below).unwrap())
        .resolve()
        .unwrap();
    assert_eq!(merged.database.pool_size, 5, "flag");
    assert_eq!(merged.sending.claim_batch, 30, "environment");
    assert_eq!(merged.sending.in_flight, 44, "file");
    assert_eq!(merged.sending.in_flight_per_lane, 10, "default");
}

#[test]
fn the_environment_names_the_file() {
    let path = std::env::temp_dir().join(format!("zapgres-config-{}.toml", std::process::id()));
    std::fs::write(&path, "[database]\nurl = 'postgresql://db/from_file'").unwrap();
    let environment = environment(&[("ZAPGRES_CONFIG", path.to_str().unwrap())]);
    let config = Config::load(Settings::default(), &environment).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(config.database.url.database(), "from_file");
}

#[test]
fn an_unknown_key_is_an_error_with_its_line() {
    let error = file("# comment\n[database]\npool_sise = 3")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("zapgres.toml:3: unknown field `pool_sise`"),
        "{error}"
    );
    let error = file("[databse]\npool_size = 3").unwrap_err().to_string();
    assert!(
        error.starts_with("zapgres.toml:1: unknown field `databse`"),
        "{error}"
    );
}

#[test]
fn a_wrong_value_in_the_file_is_one_line_without_the_secret() {
    let error = file("\n[database]\nurl = 'postgres:/ana:segredo@db/x'")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("zapgres.toml:3: not the address of a database"),
        "{error}"
    );
    assert!(
        !error.contains("segredo") && !error.contains('\n'),
        "{error}"
    );
}

#[test]
fn a_duration_needs_its_unit_everywhere() {
    let error = file("[wake]\npoll_interval = '20'")
        .unwrap_err()
        .to_string();
    assert!(error.contains(":2: not a duration"), "{error}");
    let variables = environment(&[("ZAPGRES_POLL_INTERVAL", "20")]);
    let error = environment::read(&variables).unwrap_err().to_string();
    assert!(
        error.starts_with("environment variable ZAPGRES_POLL_INTERVAL: not a dur"),
        "{error}"
    );
}

#[test]
fn a_wrong_variable_is_named_without_its_value() {
    let variables = environment(&[("ZAPGRES_DATABASE_URL", "mysql://ana:segredo@db/x")]);
    let error = environment::read(&variables).unwrap_err().to_string();
    assert!(
        error.starts_with("environment variable ZAPGRES_DATABASE_URL: "),
        "{error}"
    );
    assert!(!error.contains("segredo"), "{error}");
    let variables = environment(&[("ZAPGRES_POOL_SIZE", "many")]);
    let error = environment::read(&variables).unwrap_err().to_string();
    assert_eq!(
        error,
        "environment variable ZAPGRES_POOL_SIZE: not a whole number"
    );
    let variables = environment(&[("ZAPGRES_LOG_FORMAT", "xml")]);
    let error = environment::read(&variables).unwrap_err().to_string();
    assert!(error.contains("auto, journald, json, text"), "{error}");
}

#[test]
fn an_empty_variable_counts_as_absent() {
    let variables = environment(&[("ZAPGRES_POOL_SIZE", "")]);
    assert_eq!(
        environment::read(&variables).unwrap().database.pool_size,
        None
    );
}

#[test]
fn a_number_out_of_range_is_an_error_that_says_the_range() {
    let error = flags(&[URL[0], "--pool-size=1"])
        .resolve()
        .unwrap_err()
        .to_string();
    assert_eq!(error, "pool_size is 1; give it a number from 4 to 1000");
}

/// Bad input: others may take a channel over only when the requests of its last owner have ended.
#[test]
fn a_lease_shorter_than_the_send_timeout_is_refused() {
    let resolved = |arguments: &[&str]| flags(&[&URL, arguments].concat()).resolve();
    let error = resolved(&["--lease=24s"]).unwrap_err().to_string();
    assert!(
        error.starts_with("lease is 24s; give it from 25s"),
        "{error}"
    );
    let error = resolved(&["--lease=50s", "--send-timeout=50s"])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("lease is 50s; give it from 55s"),
        "{error}"
    );
    let lease = |arguments| resolved(arguments).unwrap().daemon.lease;
    assert_eq!(lease(&["--lease=25s"]), Duration::from_secs(25));
    assert_eq!(lease(&["--send-timeout=50s"]), Duration::from_secs(60));
}

/// B2: a retry by hand has to wait for the answer too.
#[test]
fn a_send_timeout_that_outlasts_the_wait_before_a_repeat_is_refused() {
    for (given, shown) in [("51s", "51s"), ("99ms", "99ms")] {
        let flag = format!("--send-timeout={given}");
        let error = flags(&[URL[0], &flag]).resolve().unwrap_err().to_string();
        let expected = format!("send_timeout is {shown}; give it from 100ms to 50s");
        assert_eq!(error, expected);
    }
}

/// P1: nothing private is reached unless somebody says so.
#[test]
fn only_public_addresses_are_allowed_unless_others_are_named() {
    let networks = |text: &str| text.parse::<AllowedAddresses>().unwrap();
    let allowed = |settings: Settings| settings.resolve().unwrap().sending.allowed_addresses;
    assert_eq!(allowed(flags(&URL)), networks(""));
    let flag = [URL[0], "--allow-addresses=127.0.0.1, fd00::/8"];
    assert_eq!(allowed(flags(&flag)), networks("127.0.0.1,fd00::/8"));
    let in_file = file("[sending]\nallow_addresses = '10.0.0.0/8'").unwrap();
    assert_eq!(allowed(flags(&URL).over(in_file)), networks("10.0.0.0/8"));
    let variables = environment(&[("ZAPGRES_ALLOW_ADDRESSES", "localhost")]);
    let error = environment::read(&variables).unwrap_err().to_string();
    let expected = "environment variable ZAPGRES_ALLOW_ADDRESSES: not an address or network";
    assert!(error.starts_with(expected), "{error}");
}

/// P7: a key beside what it seals would be of no use.
#[test]
fn a_seal_key_that_is_sealed_itself_is_refused() {
    let variables = environment(&[("ZAPGRES_SEAL_KEY", "sealed:q83v")]);
    let error = environment::read(&variables).unwrap_err().to_string();
    assert!(error.contains("the key cannot be sealed itself"), "{error}");
    let error = file("[daemon]\nseal_key = 'q83v'").unwrap_err().to_string();
    assert!(
        error.starts_with("zapgres.toml:2: the credential is not a"),
        "{error}"
    );
    let settings = file("[daemon]\nseal_key = 'cred:seal'").unwrap();
    let key = Daemon::seal_key(settings, &Environment::new()).unwrap();
    assert_eq!(key.unwrap().to_string(), "cred:seal");
}

#[test]
fn a_name_that_nobody_could_read_is_refused() {
    for name in ["", " ", "a\nb", &"x".repeat(65)] {
        let error = flags(&[URL[0], "--name", name]).resolve().unwrap_err();
        assert!(error.to_string().starts_with("name is "), "{error}");
    }
}

#[test]
fn a_sweep_interval_of_zero_switches_it_off() {
    assert_eq!(
        flags(&[URL[0], "--sweep-interval=0"])
            .resolve()
            .unwrap()
            .sweep
            .interval,
        None
    );
}

#[test]
fn no_address_is_an_error_that_names_the_setting() {
    let error = flags(&[]).resolve().unwrap_err().to_string();
    assert!(error.contains("ZAPGRES_DATABASE_URL"), "{error}");
}

/// Every flag says its default in its help; this is where that help is held to the truth.
#[test]
fn the_help_tells_the_true_defaults() {
    let command = Settings::augment_args(Command::new("test"));
    let mut arguments = vec![URL[0].to_owned()];
    for argument in command.get_arguments() {
        let help = argument.get_help().unwrap().to_string();
        let default = help
            .split("[default: ")
            .nth(1)
            .map(|rest| rest.trim_end_matches(']'));
        let value = default.filter(|value| !value.contains(' '));
        arguments.extend(value.map(|value| format!("--{}={value}", argument.get_long().unwrap())));
    }
    assert_eq!(
        arguments.len(),
        15,
        "a setting without a default in its help: {arguments:?}"
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = flags(&arguments).resolve().unwrap();
    assert_eq!(format!("{told:?}"), format!("{:?}", defaults()));
}

#[test]
fn the_example_file_shows_every_setting_with_its_true_default() {
    let example = include_str!("../../zapgres.toml");
    let switched_on: String = example
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    let shown = flags(&URL).over(file(&switched_on).unwrap());
    assert!(
        !format!("{:?}", shown.sending).contains("None"),
        "{:?}",
        shown.sending
    );
    assert!(!format!("{:?} {:?}", shown.sweep, shown.log).contains("None"));
    let mut told = shown.resolve().unwrap();
    told.wake.listen_url = None;
    told.http.listen = None;
    told.daemon.name = defaults().daemon.name;
    told.daemon.seal_key = None;
    assert_eq!(format!("{told:?}"), format!("{:?}", defaults()));
}

/// O7: the document has every setting of the daemon, with its true default.
#[test]
fn the_document_tells_the_true_defaults() {
    let document = include_str!("../../../docs/SETTINGS.md");
    let command = Settings::augment_args(Command::new("test"));
    for argument in command.get_arguments() {
        let Some(flag) = argument.get_long().filter(|flag| *flag != "config") else {
            continue;
        };
        let row = document
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("| `--{flag}` |")))
            .unwrap_or_else(|| panic!("--{flag} is not in docs/SETTINGS.md"));
        let help = argument.get_help().unwrap().to_string();
        let default = help.split("[default: ").nth(1);
        let default = default.map(|rest| rest.trim_end_matches(']'));
        if let Some(value) = default.filter(|value| !value.contains(' ')) {
            assert!(row.contains(&format!("| {value} |")), "{row}: {value}");
        }
    }
}
