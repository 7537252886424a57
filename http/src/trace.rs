//! The trace a request belongs to. Source: W3C Trace Context, level 1.

use std::fmt;

use axum::http::{HeaderMap, HeaderName};
use patchbay_core::trace::{self, Kind, Span, SpanContext};

/// Header that carries a trace from program to program.
pub const TRACEPARENT_HEADER: HeaderName = HeaderName::from_static("traceparent");
/// Header of callers that know only the trace's id; told to every caller.
pub const TRACE_HEADER: HeaderName = HeaderName::from_static("x-trace-id");

/// Our place in a trace: written as a `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Names the whole trace: 32 hexadecimal digits.
    pub trace_id: String,
    /// Names our part: 16 hexadecimal digits.
    pub span_id: String,
    /// Whether it is recorded.
    flags: u8,
    /// What the caller said of its own part.
    caller: Option<CallersPart>,
}

/// A caller's part of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CallersPart {
    trace_id: String,
    span_id: u64,
    flags: u8,
}

impl Trace {
    /// Our part of the caller's trace, or of a new one. `unique` is an id of this request alone.
    pub(crate) fn of(headers: &HeaderMap, unique: uuid::Uuid) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let bits = unique.as_u128();
        // The low half of a version 7 id is random but for two bits, which are never both zero.
        let span_id = format!("{:016x}", bits & u128::from(u64::MAX));
        let caller = text(&TRACEPARENT_HEADER).and_then(parent);
        let (trace_id, flags) = match &caller {
            Some(caller) => (caller.trace_id.clone(), caller.flags),
            None => match text(&TRACE_HEADER).and_then(trace_id) {
                Some(id) => (id, 0),
                None => (format!("{bits:032x}"), 0),
            },
        };
        Self { trace_id, span_id, flags, caller }
    }

    /// Begins our part, when traces are recorded and this one is: by the caller's word, else by chance.
    pub(crate) fn begin(&mut self, name: &'static str) -> Option<Span> {
        if !trace::is_on() {
            return None;
        }
        let trace_id = u128::from_str_radix(&self.trace_id, 16).ok()?;
        let is_recorded = match &self.caller {
            Some(caller) => caller.flags == 1,
            None => trace::samples(trace_id),
        };
        self.flags = u8::from(is_recorded);
        if !is_recorded {
            return None;
        }
        let span_id = u64::from_str_radix(&self.span_id, 16).ok()?;
        let parent = self.caller.as_ref().map(|caller| caller.span_id);
        trace::adopt(SpanContext { trace_id, span_id }, parent, name, Kind::Server)
    }

    /// Whether the caller named the trace.
    pub(crate) fn is_given(headers: &HeaderMap) -> bool {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        text(&TRACEPARENT_HEADER).and_then(parent).is_some() || text(&TRACE_HEADER).and_then(trace_id).is_some()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

/// What `VERSION-TRACE-SPAN-FLAGS` says. Versions we do not know may have more parts.
fn parent(text: &str) -> Option<CallersPart> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_known = version == "00" && parts.next().is_none();
    let is_newer = version != "00" && version != "ff" && hex(version, 2);
    if !(is_known || is_newer) || !hex(span, 16) || span.bytes().all(|byte| byte == b'0') || !hex(flags, 2) {
        return None;
    }
    let span_id = u64::from_str_radix(span, 16).ok()?;
    Some(CallersPart { trace_id: trace_id(trace)?, span_id, flags: u8::from_str_radix(flags, 16).ok()? & 1 })
}

fn trace_id(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace('-', "");
    (hex(&text, 32) && !text.bytes().all(|byte| byte == b'0')).then_some(text)
}

fn hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIQUE: uuid::Uuid = uuid::Uuid::from_u128(0x0190_c8a0_0000_7000_8000_0000_0000_0001);
    const OF_OTHERS: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[track_caller]
    fn check(sent: &[(&'static str, &str)], expect: &str) {
        let headers: HeaderMap =
            sent.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("plain"))).collect();
        assert_eq!(Trace::of(&headers, UNIQUE).to_string(), expect, "{sent:?}");
    }

    #[test]
    fn a_valid_traceparent_is_continued() {
        let ours = format!("00-{OF_OTHERS}-8000000000000001-01");
        check(&[("traceparent", &format!("00-{OF_OTHERS}-00f067aa0ba902b7-01"))], &ours);
        check(&[("traceparent", &format!("cc-{OF_OTHERS}-00f067aa0ba902b7-03-more"))], &ours);
        let both = [("traceparent", format!("00-{OF_OTHERS}-00f067aa0ba902b7-01")), ("x-trace-id", "1".repeat(32))];
        check(&both.each_ref().map(|(name, value)| (*name, value.as_str())), &ours);
    }

    #[test]
    fn a_trace_id_alone_is_the_fallback() {
        check(&[("x-trace-id", OF_OTHERS)], &format!("00-{OF_OTHERS}-8000000000000001-00"));
        let broken = [("traceparent", "00-nonsense"), ("x-trace-id", OF_OTHERS)];
        check(&broken, &format!("00-{OF_OTHERS}-8000000000000001-00"));
    }

    #[test]
    fn anything_else_begins_a_trace() {
        let new = "00-0190c8a0000070008000000000000001-8000000000000001-00";
        let zeros = "0".repeat(32);
        check(&[], new);
        for broken in [
            format!("00-{zeros}-00f067aa0ba902b7-01"),
            format!("00-{OF_OTHERS}-0000000000000000-01"),
            format!("ff-{OF_OTHERS}-00f067aa0ba902b7-01"),
            format!("00-{OF_OTHERS}-00f067aa0ba902b7-01-more"),
            format!("00-{OF_OTHERS}-00f067aa0ba902b7"),
        ] {
            check(&[("traceparent", &broken)], new);
        }
        check(&[("x-trace-id", "tea")], new);
    }
}
