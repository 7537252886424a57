//! Mails that were made to hurt.

/// A mail of that name with these fields and that body.
pub fn mail(name: &str, more: &str) -> String {
    format!("From: Dana <dana@client.test>\r\nSubject: {name}\r\nMessage-ID: <{name}@client.test>\r\n{more}")
}

/// What was made to hurt, and why it is not taken apart; none where it can be read.
pub fn hostile() -> Vec<(&'static str, String, Option<&'static str>)> {
    let multipart = |parts: &str| format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}");
    let level = |level| format!("Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n");
    let nested = (0..10_000).map(level).collect::<Vec<String>>().concat();
    let letters = "Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    let parts = multipart(&"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(10_000));
    let fields = format!("{}\r\nbody", "X-A: b\r\n".repeat(100_000));
    let part_fields = multipart(&format!("--b\r\n{}\r\nbody", "X-A: b\r\n".repeat(500_000)));
    let page = format!("Content-Type: text/html\r\n\r\n{}", "<div><b>".repeat(1_000_000));
    let table = format!("Content-Type: text/html\r\n\r\n{}", "<table><tr><td>a</td>".repeat(200_000));
    let entities = format!("Content-Type: text/html\r\n\r\n<p>{}</p>", "&amp;".repeat(1_000_000));
    let one_line = format!("Content-Type: text/html\r\n\r\n{}", "<i>a</i>".repeat(1_000_000));
    let quoted = format!("\r\n{}", "> > > > it was said\r\n".repeat(200_000));
    let comments = format!("Content-Type: text/html\r\n\r\n{}", "<!-- <p>".repeat(300_000));
    let styles = format!("Content-Type: text/html\r\n\r\n{}", "<p style=\"color:red\" class=x>a".repeat(200_000));
    vec![
        ("parts", parts, Some("too_many_parts")),
        ("nested", nested, Some("nested_too_deep")),
        ("letters", letters, Some("nested_too_deep")),
        ("fields", fields, Some("too_many_headers")),
        ("part-fields", part_fields, Some("too_many_headers")),
        ("page", page, None),
        ("table", table, None),
        ("entities", entities, None),
        ("one-line", one_line, None),
        ("quoted", quoted, None),
        ("comments", comments, None),
        ("styles", styles, None),
    ]
}
