//! What each role needs of our own schema.

/// Configures sources, channels and templates.
pub const ADMIN: &str = "zap_admin";
/// The daemon's role.
pub const DAEMON: &str = "zap_daemon";
/// Looks, changes nothing.
pub const READER: &str = "zap_reader";
/// All of them.
pub const ROLES: [&str; 3] = [ADMIN, DAEMON, READER];

/// Rights of the daemon on each table. Locking a row (`for update`) takes UPDATE too. Identity columns need no right on
/// their sequence.
const DAEMON_TABLES: &[(&str, &str)] = &[
    ("tenant", "select, insert"),
    ("setting", "select"),
    ("tenant_usage", "select, insert, update, delete"),
    ("daemon", "select, insert, update, delete"),
    ("channel", "select"),
    ("channel_state", "select, insert, update"),
    ("channel_health", "select, insert, update"),
    ("source", "select, update (paused_at)"),
    ("audience", "select"),
    ("template", "select"),
    ("provider_template", "select"),
    ("recipient", "select"),
    ("recipient_address", "select, insert, update, delete"),
    ("recipient_alias", "select, insert, update, delete"),
    ("notification_queue", "select, insert, update, delete"),
    ("notification_logs", "select, insert, delete"),
    ("channel_webhook", "select"),
    ("inbound_event", "select, insert, update, delete"),
    ("sent_message", "select, insert, delete"),
    ("message_history", "select, insert, delete"),
    ("sweep_mark", "select, insert, delete"),
    ("missed", "select, update, delete"),
    ("capture_gap", "select, delete"),
    ("installation", "select, insert"),
];

/// The server's own role for seeing whose sessions hold an old snapshot.
pub const SEES_SESSIONS: &str = "pg_read_all_stats";

/// Functions that the daemon calls, directly or through one another.
const DAEMON_FUNCTIONS: &[&str] = &[
    "known_timezone",
    "known_settings",
    "check_setting",
    "nearest_name",
    "invalid_settings",
    "this_installation",
    "context_statement",
    "presence_statement",
    "compose_context_statement",
    "subject_part",
];

/// Functions that show how the queue stands, and those that they call.
const READER_FUNCTIONS: &[&str] = &[
    "known_timezone",
    "known_settings",
    "check_setting",
    "nearest_name",
    "invalid_settings",
    "settings",
    "mode_rules",
    "effective_mode",
    "modes",
    "overview",
    "channel_overview",
    "oldest_due",
    "entries_of",
    "count_matching",
    "list_matching",
    "matching_ids",
    "matches",
    "read_filter",
    "filter_text",
    "filter_time",
    "filter_statuses",
    "sources_named",
    "statuses_of",
    "why",
    "why_never",
    "why_steps",
    "why_step_text",
    "detail_to_read",
    "why_remedy",
    "why_values",
    "ways_to_live",
    "why_waits",
    "why_tenant_waits",
    "why_channel_waits",
    "locks_of_channel",
    "why_not_captured",
    "is_before_attachment",
    "queue_retention",
    "rows_about",
    "key_rows",
    "subject_values",
    "trigger_of",
    "capture_off",
    "attaching_again",
    "notifications_about",
    "keys_about",
    "code_text",
    "codes_in_portuguese",
    "codes_in_english",
    "fill_text",
    "written_text",
    "shell_word",
    "masked_number",
    "local_time",
    "this_installation",
    "is_adopted",
];

/// A function in schema zap.
#[derive(Debug)]
pub struct Function {
    /// Its name alone.
    pub name: String,
    /// Its name, qualified, with its argument types.
    pub signature: String,
}

/// What `role` is to be granted in schema zap.
pub fn in_our_schema(role: &str, functions: &[Function]) -> Vec<String> {
    let mut grants = vec![format!("grant usage on schema zap to {role}")];
    match role {
        ADMIN => grants.extend(
            ["tables", "sequences", "functions"]
                .map(|kind| format!("grant all on all {kind} in schema zap to {role}")),
        ),
        READER => {
            grants.push(format!(
                "grant select on all tables in schema zap to {role}"
            ));
            grants.extend(executes(role, functions, READER_FUNCTIONS));
        }
        _ => {
            let tables = DAEMON_TABLES.iter();
            grants.extend(
                tables.map(|(table, rights)| format!("grant {rights} on zap.{table} to {role}")),
            );
            grants.extend(executes(role, functions, DAEMON_FUNCTIONS));
        }
    }
    grants
}

/// Grants of those of `functions` that are among `called`.
fn executes(role: &str, functions: &[Function], called: &[&str]) -> Vec<String> {
    functions
        .iter()
        .filter(|function| called.contains(&function.name.as_str()))
        .map(|function| format!("grant execute on function {} to {role}", function.signature))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> Function {
        Function {
            name: name.to_owned(),
            signature: format!("zap.{name}(bigint)"),
        }
    }

    #[test]
    fn the_daemon_may_call_what_it_needs_and_nothing_else() {
        let functions = [function("context_statement"), function("detach")];
        let grants = in_our_schema(DAEMON, &functions).join("\n");
        assert!(grants.contains("execute on function zap.context_statement(bigint) to zap_daemon"));
        assert!(!grants.contains("detach"), "{grants}");
    }

    #[test]
    fn the_reader_changes_nothing() {
        let grants = in_our_schema(READER, &[function("detach")]).join("\n");
        assert!(
            !grants.contains("insert") && !grants.contains("execute"),
            "{grants}"
        );
    }
}
