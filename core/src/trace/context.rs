//! Where work stands in a trace: written as a `traceparent`, stored beside what waits, current while it is worked on.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A recorded span of a trace: what later work hangs itself below. Cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanContext {
    /// Names the whole trace; never 0.
    pub trace_id: u128,
    /// Names the span; never 0.
    pub span_id: u64,
}

/// A text is no `traceparent` of a recorded span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of a recorded span")]
pub struct NotAContext;

impl fmt::Display for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace_id, self.span_id)
    }
}

impl FromStr for SpanContext {
    type Err = NotAContext;

    fn from_str(text: &str) -> Result<Self, NotAContext> {
        let mut parts = text.split('-');
        let (Some("00"), Some(trace), Some(span), Some("01"), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAContext);
        };
        let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex(trace, 32) || !is_hex(span, 16) {
            return Err(NotAContext);
        }
        let trace_id = u128::from_str_radix(trace, 16).map_err(|_| NotAContext)?;
        let span_id = u64::from_str_radix(span, 16).map_err(|_| NotAContext)?;
        if trace_id == 0 || span_id == 0 { Err(NotAContext) } else { Ok(Self { trace_id, span_id }) }
    }
}

impl Serialize for SpanContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpanContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

thread_local! {
    static CURRENT: Cell<Option<SpanContext>> = const { Cell::new(None) };
}

/// The span that the work at hand belongs to; `None`: nobody records it.
pub fn current() -> Option<SpanContext> {
    CURRENT.get()
}

/// The same work, belonging to `span` wherever it is polled. What it spawns stands alone.
pub fn within<F: Future>(span: SpanContext, work: F) -> Within<F> {
    onward(Some(span), work)
}

/// The same work, to be spawned: it belongs to `span` there, if there is one.
pub fn onward<F: Future>(span: Option<SpanContext>, work: F) -> Within<F> {
    Within { span, work: Box::pin(work) }
}

/// Work that belongs to a span.
#[must_use = "work does nothing unless it is awaited"]
pub struct Within<F> {
    span: Option<SpanContext>,
    work: Pin<Box<F>>,
}

impl<F> fmt::Debug for Within<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").field("span", &self.span).finish_non_exhaustive()
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _before = Entered { before: CURRENT.replace(self.span) };
        self.work.as_mut().poll(context)
    }
}

/// Puts back what was current, also when the work panics.
struct Entered {
    before: Option<SpanContext>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::task::Waker;

    use super::*;

    const HERE: SpanContext = SpanContext { trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, span_id: 7 };

    #[test]
    fn a_context_survives_its_text_form() {
        let text = HERE.to_string();
        assert_eq!(text, "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000007-01");
        assert_eq!(text.parse(), Ok(HERE));
        assert_eq!(serde_json::from_str(&format!("\"{text}\"")).ok(), Some(HERE));
    }

    #[test]
    fn what_is_not_recorded_or_not_ours_is_no_context() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for text in [
            String::new(),
            format!("00-{trace}-0000000000000007-00"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-0000000000000007-01", "0".repeat(32)),
            format!("00-+{}-0000000000000007-01", "7".repeat(31)),
            format!("00-{trace}-0000000000000007-01-more"),
        ] {
            assert_eq!(text.parse::<SpanContext>(), Err(NotAContext), "{text}");
        }
    }

    #[test]
    fn a_span_is_current_only_within_its_work() {
        let mut work = within(HERE, async { (current(), within(SpanContext { span_id: 8, ..HERE }, ready(())).await) });
        let polled = Pin::new(&mut work).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready((Some(HERE), ())));
        assert_eq!(current(), None);
    }
}
