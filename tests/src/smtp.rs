//! A mail server that delivers to our receiver.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Delivers a mail in one go and answers the codes of the replies, the greeting first: that of the mail itself is the
/// last but one.
pub async fn deliver(port: u16, from: &str, to: &[&str], mail: &str) -> io::Result<Vec<String>> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let (read, mut write) = stream.into_split();
    let recipients: Vec<String> = to.iter().map(|to| format!("RCPT TO:<{to}>\r\n")).collect();
    let recipients = recipients.concat();
    let script = format!("EHLO mx.client.test\r\nMAIL FROM:<{from}>\r\n{recipients}DATA\r\n{mail}\r\n.\r\nQUIT\r\n");
    // Read while writing: whoever refuses a long mail says so before its end.
    let said = tokio::spawn(async move { write.write_all(script.as_bytes()).await.map(|()| write) });
    let mut lines = BufReader::new(read).lines();
    let mut codes = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if line.as_bytes().get(3) == Some(&b' ') {
            codes.push(line.get(..3).unwrap_or_default().to_owned());
        }
    }
    let _wire = said.await.map_err(io::Error::other)??;
    Ok(codes)
}

/// Says all of it at once and answers everything that comes back within a moment.
pub async fn say(port: u16, text: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the receiver listens");
    stream.write_all(text.as_bytes()).await.expect("it can be written to");
    stream.shutdown().await.expect("the way out can be closed");
    let mut heard = Vec::new();
    // A connection that is cut has said what it had to say.
    let _end = stream.read_to_end(&mut heard).await;
    String::from_utf8_lossy(&heard).into_owned()
}

/// Whether every reply was a yes.
pub fn is_accepted(codes: &[String]) -> bool {
    codes == ["220", "250", "250", "250", "354", "250", "221"]
}
