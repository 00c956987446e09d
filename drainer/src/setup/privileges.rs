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
const DAEMON_TABLES: [(&str, &str); 12] = [
    ("tenant", "select, insert"),
    ("setting", "select"),
    ("channel", "select"),
    ("source", "select"),
    ("template", "select"),
    ("recipient", "select"),
    ("notification_queue", "select, insert, update"),
    ("notification_logs", "select, insert"),
    ("sweep_mark", "select, insert, delete"),
    ("missed", "select, update, delete"),
    ("capture_gap", "select, delete"),
    ("installation", "select, insert"),
];

/// Functions that the daemon calls, directly or through one another.
const DAEMON_FUNCTIONS: [&str; 4] = [
    "this_installation",
    "context_statement",
    "compose_context_statement",
    "subject_part",
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
        READER => grants.push(format!(
            "grant select on all tables in schema zap to {role}"
        )),
        _ => {
            let tables = DAEMON_TABLES.iter();
            grants.extend(
                tables.map(|(table, rights)| format!("grant {rights} on zap.{table} to {role}")),
            );
            let called = functions
                .iter()
                .filter(|f| DAEMON_FUNCTIONS.contains(&f.name.as_str()));
            grants.extend(
                called.map(|f| format!("grant execute on function {} to {role}", f.signature)),
            );
        }
    }
    grants
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
