//! How long one payload takes: the recorded cases of WhatsApp and Twilio through their codecs, and a rendered answer.

use std::hint::black_box;
use std::path::Path;

use chrono::DateTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use patchbay_normalizer::twilio::{Consent, Form, MessageContext, message};
use patchbay_normalizer::whatsapp::{Outbound, OutboundContent, parse, render};
use serde_json::Value;

/// The body of a recorded case.
fn body(case: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(case);
    let case: Value = serde_json::from_slice(&std::fs::read(path).expect("the case is there")).expect("a case is JSON");
    case["request"]["body"].as_str().expect("a case has a body").as_bytes().to_vec()
}

fn codec(criterion: &mut Criterion) {
    let received_at = DateTime::from_timestamp(1_772_719_200, 0).expect("a time of this century");
    let mut group = criterion.benchmark_group("codec");
    for (name, case) in [
        ("whatsapp_text", "whatsapp/004-text-basic.json"),
        ("whatsapp_image", "whatsapp/016-image-with-caption.json"),
        ("whatsapp_order", "whatsapp/031-order.json"),
        ("whatsapp_statuses", "whatsapp/041-status-out-of-order.json"),
        ("whatsapp_batch", "whatsapp/045-batch-two-numbers.json"),
    ] {
        let body = body(case);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| parse(black_box(&body), received_at)));
    }
    for (name, case) in [("twilio_sms", "twilio/001-sms-basic.json"), ("twilio_mms", "twilio/031-mms-two-images.json")]
    {
        let body = body(case);
        group.throughput(Throughput::Bytes(body.len() as u64));
        let ctx = MessageContext { received_at, consent: Consent::Given };
        group.bench_function(name, |bencher| bencher.iter(|| message(&Form::parse(black_box(&body)), &ctx)));
    }
    let answer = Outbound {
        to: "+15550101234",
        callback_data: "0195f3c2",
        reply_to: None,
        content: OutboundContent::Text("On our way."),
    };
    group.throughput(Throughput::Elements(1));
    group.bench_function("render_whatsapp_text", |bencher| bencher.iter(|| render("106", black_box(&answer))));
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
