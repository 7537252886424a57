//! Mail by SMTP: 20 KB each, from several mail servers, each acknowledged when it is durable; then, one by one, mails that
//! were made to hurt. `BENCH_MAILS` changes how many.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_store::Engine;
use patchbay_tests::database::{TestDatabase, redis_url};
use patchbay_tests::hostile_mail::{hostile, mail};
use patchbay_tests::services::free_port;
use patchbay_tests::settings::Settings;
use patchbay_tests::wait::eventually;
use patchbay_tests::{Node, smtp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::report::{Report, percentile, rate};
use crate::target::name;

/// Mail servers that deliver at the same time.
const SERVERS: usize = 16;
const MAILS: usize = 6_000;
/// Of those, so many go ahead and are not measured.
const WARM_UP: usize = 20;
const MAIL_BYTES: usize = 20_000;

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::fresh(engine).await;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (port, receiver) = (free_port(), free_port());
        let base_url = format!("http://127.0.0.1:{port}");
        let inbox = format!(
            "listen_smtp = \"127.0.0.1:{receiver}\"\n[[inbox]]\nname = \"mail\"\nchannel = \"email\"\nteam = \"support\"\n\
             address = \"support@ours.test\"\ninbound = \"smtp\"\ndkim = \"off\"\n"
        );
        let settings = Settings {
            port,
            public_url: base_url.clone(),
            database_url: database.url().to_owned(),
            redis_url: if engine == Engine::Postgres { redis_url() } else { String::new() },
            providers_url: "http://127.0.0.1:9".to_owned(),
            more: inbox,
        };
        settings.write(Path::new(folder.path()));
        let node = Node::start(folder.path(), &base_url, &[]).await;
        eventually("the receiver listens", Duration::from_secs(20), || async {
            TcpStream::connect(("127.0.0.1", receiver)).await.ok()
        })
        .await;
        let mails = std::env::var("BENCH_MAILS").ok().and_then(|text| text.parse().ok()).unwrap_or(MAILS);
        deliver(receiver, "warm", mails / WARM_UP).await;
        let started = Instant::now();
        let waits = deliver(receiver, "run", mails).await;
        let took = started.elapsed();
        #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
        let megabytes = node.resident_bytes() as f64 / 1e6;
        let figures = vec![
            ("mails/s", rate(waits.len(), took)),
            ("p50 ms", percentile(&waits, 0.5)),
            ("p99 ms", percentile(&waits, 0.99)),
            ("memory MB", megabytes),
        ];
        report.add(format!("smtp, {}", name(engine)), figures);
        for (case, more, _) in hostile() {
            let text = mail(case, &more);
            let sent = Instant::now();
            let codes = smtp::deliver(receiver, "mallory@bench.test", &["support@ours.test"], &text).await;
            let took = sent.elapsed();
            assert!(codes.as_deref().is_ok_and(smtp::is_accepted), "{case}: {codes:?}");
            report.add(format!("{case}, {}", name(engine)), vec![("answer ms", took.as_secs_f64() * 1_000.0)]);
        }
    }
    report
}

/// Delivers so many mails; how long each took from the end of its text to the answer, in order of size.
async fn deliver(port: u16, run: &str, mails: usize) -> Vec<Duration> {
    let left = Arc::new(AtomicUsize::new(mails));
    let mut servers = JoinSet::new();
    for server in 0..SERVERS {
        let (left, run) = (Arc::clone(&left), run.to_owned());
        servers.spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the receiver accepts");
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut waits = Vec::new();
            write.write_all(b"EHLO bench.test\r\n").await.expect("written");
            expect(&mut lines, &["220", "250"]).await;
            let line = "The heater in 4B is off again, and nobody was there on Tuesday as promised.\r\n";
            let body = line.repeat(MAIL_BYTES / line.len());
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let number = waits.len();
                let group = format!("MAIL FROM:<c{number}@bench.test>\r\nRCPT TO:<support@ours.test>\r\nDATA\r\n");
                write.write_all(group.as_bytes()).await.expect("written");
                expect(&mut lines, &["250", "250", "354"]).await;
                let mail = format!(
                    "From: Customer <c{number}@bench.test>\r\nSubject: Visit {number}\r\n\
                     Message-ID: <{run}.{server}.{number}@bench.test>\r\n\r\n{body}.\r\n"
                );
                let sent = Instant::now();
                write.write_all(mail.as_bytes()).await.expect("written");
                expect(&mut lines, &["250"]).await;
                waits.push(sent.elapsed());
            }
            waits
        });
    }
    let mut waits: Vec<Duration> = servers.join_all().await.into_iter().flatten().collect();
    waits.sort_unstable();
    waits
}

/// Reads replies and checks their codes.
async fn expect<R: tokio::io::AsyncBufRead + Unpin>(lines: &mut tokio::io::Lines<R>, codes: &[&str]) {
    for code in codes {
        loop {
            let line = lines.next_line().await.expect("readable").expect("the receiver answers");
            if line.as_bytes().get(3) == Some(&b' ') {
                assert!(line.starts_with(code), "{line}");
                break;
            }
        }
    }
}
