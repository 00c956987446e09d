use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use tokio_postgres::NoTls;

use super::*;

const PASSWORD: &str = "segredo";

/// A server that answers the first message of one connection with an error of this SQLSTATE.
fn server_that_says(sqlstate: &'static str, message: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut startup = [0; 1024];
        let _length = connection.read(&mut startup).unwrap();
        let fields = format!("SFATAL\0VFATAL\0C{sqlstate}\0M{message}\0\0");
        let length = u32::try_from(fields.len() + 4).unwrap();
        let answer = [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
        connection.write_all(&answer).unwrap();
    });
    address
}

async fn error_from(address: SocketAddr) -> DatabaseError {
    let url = format!("postgresql://ana:{PASSWORD}@{address}/orders");
    let url: DatabaseUrl = url.parse().unwrap();
    match url.parameters().connect(NoTls).await {
        Ok(_) => panic!("connected"),
        Err(error) => DatabaseError::from_connecting(&error, &url),
    }
}

async fn told(sqlstate: &'static str, message: &'static str) -> String {
    let line = error_from(server_that_says(sqlstate, message))
        .await
        .to_string();
    assert!(!line.contains(PASSWORD) && !line.contains('\n'), "{line}");
    line
}

#[tokio::test]
async fn each_refusal_names_its_cause_and_remedy() {
    for (sqlstate, cause, remedy) in [
        (
            "28P01",
            "wrong password for role ana at 127.0.0.1:",
            "correct ZAPGRES_DATABASE_URL",
        ),
        ("28000", "does not let role ana in (no\nway)", "pg_hba.conf"),
        (
            "3D000",
            "there is no database orders at",
            "correct its name",
        ),
        (
            "53300",
            "has no connection left (no\nway)",
            "max_connections",
        ),
        (
            "57P03",
            "takes no connections now (no\nway)",
            "wait until it is up",
        ),
        ("42501", "no\nway", ""),
    ] {
        let line = told(sqlstate, "no\nway").await;
        assert!(
            line.contains(&cause.replace('\n', " ")),
            "{sqlstate}: {line}"
        );
        assert!(line.contains(remedy), "{sqlstate}: {line}");
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let address = "127.0.0.1:1".parse().unwrap();
    let error = error_from(address).await;
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot reach PostgreSQL at {address} (")),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || drop(listener.accept()));
    let error = error_from(address).await;
    assert!(
        matches!(error, DatabaseError::Unreachable { .. }),
        "{error}"
    );
}
