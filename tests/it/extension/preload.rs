//! A server that preloads the library is for everybody else the server it was.

use tokio_postgres::error::DbError;

use crate::cluster::{Cluster, plain, preloaded};

const SETUP: &str = "
    create table linhas (id integer primary key, n integer);
    insert into linhas values (1, 1);
    create procedure insere() language plpgsql as $$ begin insert into linhas values (1, 2); end $$;
    prepare insere as insert into linhas values (1, 3)";

/// Each violates `linhas_pkey` within a statement that is not planned.
const VIOLATIONS: [&str; 4] = [
    "copy linhas from program 'echo 1,4' with (format csv)",
    "do $$ begin insert into linhas values (1, 5); end $$",
    "call insere()",
    "execute insere",
];

/// Each has an error at a place in its text.
const TYPING_ERRORS: [&str; 2] = [
    "create table outras (a nosuchtype)",
    "create view vista as select nosuchcolumn from linhas",
];

async fn errors(cluster: &Cluster) -> Vec<DbError> {
    let session = cluster.database().await.session().await;
    session.run(SETUP).await;
    let mut errors = Vec::new();
    for statement in VIOLATIONS.iter().chain(&TYPING_ERRORS) {
        errors.push(session.error(statement).await);
    }
    errors
}

/// B3: errors of utility statements keep every field, which frameworks read.
#[tokio::test]
async fn errors_are_the_servers_own() {
    let expected = errors(plain()).await;
    let (violations, typing_errors) = expected.split_at(VIOLATIONS.len());
    assert!(
        violations
            .iter()
            .all(|error| error.constraint() == Some("linhas_pkey"))
    );
    assert!(violations.iter().any(|error| error.where_().is_some()));
    assert!(typing_errors.iter().all(|error| error.position().is_some()));
    assert_eq!(errors(preloaded()).await, expected);
}
