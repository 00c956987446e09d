//! Why something could not be done, in one line.

use tokio_postgres::error::SqlState;

use crate::database::DatabaseError;

/// Why something could not be done. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A function of ours refused, and said what to do instead.
    #[error("{message} ({hint})")]
    Refused {
        /// What was refused, and why.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Other notifications match than were counted.
    #[error("{message}; nothing was changed, count again")]
    CountChanged {
        /// What was refused.
        message: String,
        /// How many match now.
        matching: i64,
    },
    /// There is no such notification.
    #[error(
        "there is no notification {0} (rows in a final state are removed after a while; others: zapgres queue list)"
    )]
    Unknown(i64),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<tokio_postgres::Error> for ControlError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some((answer, hint)) = error
            .as_db_error()
            .and_then(|answer| Some((answer, answer.hint()?)))
            .filter(|(answer, _)| answer.message().starts_with("zap"))
        else {
            return DatabaseError::from(error).into();
        };
        let message = without_function(answer.message()).to_owned();
        let matching = answer.detail().and_then(|detail| detail.parse().ok());
        match matching {
            Some(matching) if *answer.code() == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE => {
                Self::CountChanged { message, matching }
            }
            _ => Self::Refused {
                message,
                hint: hint.trim_end_matches('.').to_owned(),
            },
        }
    }
}

/// The message without the name of the SQL function, which whoever typed a command has not called.
fn without_function(message: &str) -> &str {
    match message.split_once(": ") {
        Some((function, rest)) if function.starts_with("zap") => rest,
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::without_function;

    #[test]
    fn the_functions_name_is_left_out() {
        assert_eq!(
            without_function("zap.cancel: notification 7 is in flight"),
            "notification 7 is in flight"
        );
        assert_eq!(without_function("nothing: to do"), "nothing: to do");
    }
}
