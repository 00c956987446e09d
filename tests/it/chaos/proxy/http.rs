//! As much of HTTP/1.1 as a proxy needs that passes whole messages on: where one ends.

use tokio::io::{AsyncReadExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;

/// The next request or answer, as it came; none when the connection ends before it is complete.
pub async fn read(from: &mut BufReader<OwnedReadHalf>) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    while !message.ends_with(b"\r\n\r\n") {
        message.push(from.read_u8().await.ok()?);
    }
    let head = message.len();
    message.resize(head + content_length(&message), 0);
    from.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let mut lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().expect("a length"))
    });
    lengths.next().unwrap_or(0)
}

/// A proxy's own answer, for people.
pub fn bad_gateway() -> Vec<u8> {
    let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
    let head =
        "HTTP/1.1 502 Bad Gateway\r\nServer: proxy\r\nContent-Type: text/html\r\nConnection: close";
    format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len()).into_bytes()
}
