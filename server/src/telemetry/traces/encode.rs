//! Spans as the bytes of an `ExportTraceServiceRequest`. The message needs six shapes of protocol buffers, which are
//! written here; the numbers of the fields are those of opentelemetry/proto/trace/v1/trace.proto.

use chrono::{DateTime, Utc};
use patchbay_core::trace::{Finished, Value};

/// A status that says a span failed.
const STATUS_ERROR: u64 = 2;
/// Flags of a span: its trace is recorded.
const SAMPLED: u32 = 1;

/// The request that hands `spans` of `service` over.
pub(super) fn request(service: &str, spans: &[Finished]) -> Vec<u8> {
    let resource = Message::default()
        .message(1, &attribute("service.name", &Value::from(service.to_owned())))
        .message(1, &attribute("service.version", &Value::from(env!("CARGO_PKG_VERSION"))));
    let scope = Message::default().text(1, "patchbay").text(2, env!("CARGO_PKG_VERSION"));
    let mut of_scope = Message::default().message(1, &scope);
    for finished in spans {
        of_scope = of_scope.message(2, &span(finished));
    }
    let of_resource = Message::default().message(1, &resource).message(2, &of_scope);
    Message::default().message(1, &of_resource).0
}

fn span(span: &Finished) -> Message {
    let mut message =
        Message::default().bytes(1, &span.context.trace_id.to_be_bytes()).bytes(2, &span.context.span_id.to_be_bytes());
    if let Some(parent) = span.parent {
        message = message.bytes(4, &parent.to_be_bytes());
    }
    message = message
        .text(5, &span.name)
        .number(6, span.kind as u64)
        .fixed64(7, nanoseconds(span.began_at))
        .fixed64(8, nanoseconds(span.ended_at));
    for (key, value) in &span.attributes {
        message = message.message(9, &attribute(key, value));
    }
    if let Some(why) = &span.failure {
        message = message.message(15, &Message::default().text(2, why).number(3, STATUS_ERROR));
    }
    message.fixed32(16, SAMPLED)
}

fn attribute(key: &str, value: &Value) -> Message {
    let value = match value {
        Value::Text(text) => Message::default().text(1, text),
        Value::Number(number) => Message::default().number(3, number.cast_unsigned()),
    };
    Message::default().text(1, key).message(2, &value)
}

fn nanoseconds(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp_micros()).unwrap_or_default().saturating_mul(1_000)
}

/// A message of protocol buffers, field by field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn number(mut self, field: u64, number: u64) -> Self {
        self.varint(field << 3);
        self.varint(number);
        self
    }

    fn fixed64(mut self, field: u64, number: u64) -> Self {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn fixed32(mut self, field: u64, number: u32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }
}
