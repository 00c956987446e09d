//! `zap.why`: why an order did or did not ring. One test per code, as far as its cause exists.

mod causes;
mod command;
mod coverage;
mod decided;
mod events;
mod never;
mod outcomes;
mod remedies;
mod rights;
mod standstill;
mod texts;
mod waits;

use crate::session::Session;

/// A step of the answer.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    code: String,
    level: String,
    text: String,
    /// "null": nothing is to be done.
    remedy: String,
}

/// The whole answer about a subject, in Portuguese.
async fn why(session: &Session, subject: &str) -> Vec<Step> {
    let literal = subject.replace('\'', "''");
    let query = format!("select code, level, text, remedy from zap.why('{literal}') order by step");
    let rows = session.rows(&query).await;
    let steps = rows.into_iter().map(|row| {
        let [code, level, text, remedy] = row.try_into().expect("four columns");
        Step {
            code,
            level,
            text,
            remedy,
        }
    });
    let steps: Vec<Step> = steps.collect();
    for step in &steps {
        assert!(
            !step.text.contains(['{', '}']) && !step.text.contains('?') && step.text.len() > 8,
            "{step:?}"
        );
        assert!(!step.remedy.contains(['{', '}']), "{step:?}");
        assert!(step.remedy == "null" || step.level == "error", "{step:?}");
    }
    steps
}

/// What a code means, in words of which every one is told.
async fn meaning(session: &Session, code: &str) -> String {
    let meaning = format!("select meaning from zap.code_text('{code}', 'pt-BR')");
    session
        .value(&meaning)
        .await
        .replace("{channel}", "channel_1")
}

/// The last step: how it stands.
async fn standing(session: &Session, subject: &str) -> Step {
    why(session, subject).await.pop().expect("an answer")
}

/// Asserts that the last step has this code and a remedy with this text.
async fn assert_obstacle(session: &Session, subject: &str, code: &str, remedy: &str) {
    let step = standing(session, subject).await;
    assert_eq!(step.code, code, "{step:?}");
    assert!(step.remedy.contains(remedy), "{step:?}");
    assert_ne!(step.remedy, "null");
}

/// Asserts that the last step has this code, and nothing is to be done.
async fn assert_normal(session: &Session, subject: &str, code: &str) {
    let step = standing(session, subject).await;
    assert_eq!((step.code.as_str(), step.remedy.as_str()), (code, "null"));
}
