//! `provost reconcile --check`: asks a loop on this machine whether it lives. A container without a shell has nothing else to ask.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cli::exit::Exit;
use crate::cli::printer::Printer;

/// An answer takes no work.
const PATIENCE: Duration = Duration::from_secs(5);
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

pub(super) async fn run(at: SocketAddr, printer: &Printer) -> anyhow::Result<Exit> {
    let answer = tokio::time::timeout(PATIENCE, ask(at)).await;
    let answer = answer.with_context(|| format!("nobody answers at {at}"))?;
    let answer = answer.with_context(|| format!("no loop listens on {at}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    printer.out(&format!("{}\n", body.trim()));
    let lives = head.split_whitespace().nth(1) == Some("200");
    Ok(if lives { Exit::Done } else { Exit::Failed })
}

async fn ask(at: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
