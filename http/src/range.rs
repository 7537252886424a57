//! Which part of a file a caller wants. Source: RFC 9110, "Range Requests" and "Conditional Requests".

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, header};

/// What to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes of it, at least one.
    Part(Range<u64>),
    /// A part that it does not have.
    Outside,
    /// The caller has it already.
    Nothing,
}

/// What the caller of `headers` wants of a file with `size` bytes and the strong tag `tag`, quotes included. Several
/// ranges at once, and what is not understood, are answered with the whole file.
pub fn wanted(headers: &HeaderMap, size: u64, tag: &str) -> Wanted {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let knows =
        |known: &str| known.trim() == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    if text(header::IF_NONE_MATCH).is_some_and(knows) {
        return Wanted::Nothing;
    }
    let Some(range) = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else { return Wanted::Whole };
    if text(header::IF_RANGE).is_some_and(|known| known.trim() != tag) {
        return Wanted::Whole;
    }
    let Some((first, last)) = range.trim().split_once('-') else { return Wanted::Whole };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= size && (last.is_empty() || last.parse::<u64>().is_ok()) => Wanted::Outside,
        (Ok(first), Ok(last)) if last >= first => Wanted::Part(first..last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) if last.is_empty() => Wanted::Part(first..size),
        (Err(_), Ok(0)) if first.is_empty() => Wanted::Outside,
        (Err(_), Ok(_)) if first.is_empty() && size == 0 => Wanted::Outside,
        (Err(_), Ok(length)) if first.is_empty() => Wanted::Part(size.saturating_sub(length)..size),
        _ => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(pairs: &[(HeaderName, &'static str)]) -> Wanted {
        let headers = pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        wanted(&headers, 10, "\"abc\"")
    }

    #[test]
    fn a_range_is_cut_to_the_file() {
        for (range, expect) in [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=4-", Wanted::Part(4..10)),
            ("bytes=4-99", Wanted::Part(4..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=10-", Wanted::Outside),
            ("bytes=10-12", Wanted::Outside),
            ("bytes=-0", Wanted::Outside),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
        ] {
            assert_eq!(asked(&[(header::RANGE, range)]), expect, "{range}");
        }
    }

    #[test]
    fn a_known_tag_wants_nothing_and_another_one_everything() {
        assert_eq!(asked(&[(header::IF_NONE_MATCH, "\"x\", W/\"abc\"")]), Wanted::Nothing);
        assert_eq!(asked(&[(header::IF_NONE_MATCH, "\"x\"")]), Wanted::Whole);
        assert_eq!(asked(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, "\"abc\"")]), Wanted::Part(0..2));
        assert_eq!(asked(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, "\"old\"")]), Wanted::Whole);
    }
}
