//! Text from HTML, in one pass: what a person would read, without markup.

use std::borrow::Cow;

/// Longest HTML that is read; the rest is left out.
const MAX_HTML_BYTES: usize = 1 << 20;
/// Longest text that is made.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// Deepest quotation that is marked.
const MAX_QUOTE_DEPTH: usize = 8;
/// Longest entity, name or number.
const MAX_ENTITY_BYTES: usize = 12;

/// Elements whose content nobody reads.
const UNREAD: &[&str] = &["script", "style", "head", "title", "template", "noscript", "svg", "math"];
/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tr", "ul",
];

/// The text of a page.
pub fn text_of(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = within(html, MAX_HTML_BYTES);
    while !rest.is_empty() && page.text.len() < MAX_TEXT_BYTES {
        let Some(open) = rest.find('<') else {
            page.read(rest);
            break;
        };
        let (text, tag) = rest.split_at(open);
        page.read(text);
        rest = page.tag(tag);
    }
    page.text.trim().to_owned()
}

/// A page half read.
#[derive(Debug, Default)]
struct Page {
    text: String,
    /// Line breaks that stand before the next word.
    breaks: usize,
    /// White space stands before the next word.
    has_space: bool,
    /// How deep in quotations the next word stands.
    quotes: usize,
    preformatted: usize,
}

impl Page {
    fn read(&mut self, text: &str) {
        let text = decoded(text);
        for letter in text.chars() {
            match letter {
                '\n' if self.preformatted > 0 => self.breaks += 1,
                letter if letter != '\u{a0}' && letter.is_whitespace() => self.has_space = true,
                '\0' | '\u{200b}' | '\u{feff}' => {}
                letter => {
                    self.begin_word();
                    self.text.push(if letter == '\u{a0}' { ' ' } else { letter });
                }
            }
        }
    }

    /// Writes what stands between the last word and this one.
    fn begin_word(&mut self) {
        if self.breaks > 0 || self.text.is_empty() {
            if !self.text.is_empty() {
                for _ in 0..self.breaks.min(2) {
                    while self.text.ends_with(' ') {
                        self.text.pop();
                    }
                    self.text.push('\n');
                }
            }
            for _ in 0..self.quotes.min(MAX_QUOTE_DEPTH) {
                self.text.push_str("> ");
            }
        } else if self.has_space && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
        self.breaks = 0;
        self.has_space = false;
    }

    /// Reads what begins with `<` and answers what follows it.
    fn tag<'h>(&mut self, tag: &'h str) -> &'h str {
        if let Some(comment) = tag.strip_prefix("<!--") {
            return after(comment, "-->");
        }
        let inside = tag.strip_prefix('<').unwrap_or(tag);
        let (is_end, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        if !inside.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '!' || letter == '?') {
            self.read("<");
            return tag.strip_prefix('<').unwrap_or_default();
        }
        let name_ends = inside.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(inside.len());
        let (name, _) = inside.split_at(name_ends);
        let name = name.to_ascii_lowercase();
        let rest = after_tag(inside);
        if !is_end && UNREAD.contains(&name.as_str()) {
            return after_element(rest, &name);
        }
        match name.as_str() {
            "br" => self.breaks += 1,
            "p" | "h1" | "h2" | "h3" | "h4" | "ul" | "ol" | "table" | "blockquote" => {
                self.breaks = self.breaks.max(2);
            }
            "td" | "th" => self.has_space = true,
            name if BLOCKS.contains(&name) => self.breaks = self.breaks.max(1),
            _ => {}
        }
        match (name.as_str(), is_end) {
            ("blockquote", false) => self.quotes += 1,
            ("blockquote", true) => self.quotes = self.quotes.saturating_sub(1),
            ("pre", false) => self.preformatted += 1,
            ("pre", true) => self.preformatted = self.preformatted.saturating_sub(1),
            _ => {}
        }
        rest
    }
}

/// What follows the end of a tag; quoted values may hold `>`.
fn after_tag(inside: &str) -> &str {
    let mut quote = None;
    for (place, letter) in inside.char_indices() {
        match (quote, letter) {
            (None, '>') => return inside.get(place + 1..).unwrap_or_default(),
            (None, '"' | '\'') if inside.get(..place).is_some_and(|before| before.trim_end().ends_with('=')) => {
                quote = Some(letter);
            }
            (Some(open), letter) if letter == open => quote = None,
            _ => {}
        }
    }
    // A quote that never ends: the first `>` ends the tag.
    after(inside, ">")
}

/// What follows the end tag of an element whose content is not read.
fn after_element<'h>(rest: &'h str, name: &str) -> &'h str {
    let mut from = rest;
    while let Some((_, tail)) = from.split_once("</") {
        if tail.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name)) {
            return after(tail, ">");
        }
        from = tail;
    }
    ""
}

fn after<'h>(text: &'h str, mark: &str) -> &'h str {
    text.split_once(mark).map_or("", |(_, rest)| rest)
}

/// At most `limit` bytes, whole characters.
fn within(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Character references replaced.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('&') {
        let (before, reference) = rest.split_at(place);
        plain.push_str(before);
        let name = reference.strip_prefix('&').unwrap_or_default();
        let end = name
            .bytes()
            .take(MAX_ENTITY_BYTES)
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
            .count();
        let (name, tail) = name.split_at(end);
        if let Some(letter) = character(name) {
            plain.push_str(&letter);
            rest = tail.strip_prefix(';').unwrap_or(tail);
        } else {
            plain.push('&');
            rest = reference.strip_prefix('&').unwrap_or_default();
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The character that a reference stands for.
fn character(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        // Numbers of the Windows page are meant as such. Source: HTML, numeric character references.
        let letter = match code {
            0 | 0xd800..=0xdfff => '\u{fffd}',
            0x80..=0x9f => windows_1252(code),
            code => char::from_u32(code).unwrap_or('\u{fffd}'),
        };
        return Some(letter.to_string());
    }
    let found = NAMED.iter().find(|(own, _)| *own == name).map(|(_, letter)| *letter)?;
    Some(found.to_owned())
}

fn windows_1252(code: u32) -> char {
    const PAGE: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    usize::try_from(code - 0x80).ok().and_then(|place| PAGE.chars().nth(place)).unwrap_or('\u{fffd}')
}

/// The references that mail programs write.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("AMP", "&"),
    ("lt", "<"),
    ("LT", "<"),
    ("gt", ">"),
    ("GT", ">"),
    ("quot", "\""),
    ("QUOT", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("ensp", " "),
    ("emsp", " "),
    ("thinsp", " "),
    ("zwnj", ""),
    ("zwj", "\u{200d}"),
    ("shy", ""),
    ("lrm", ""),
    ("rlm", ""),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("euro", "€"),
    ("pound", "£"),
    ("yen", "¥"),
    ("cent", "¢"),
    ("sect", "§"),
    ("para", "¶"),
    ("deg", "°"),
    ("plusmn", "±"),
    ("times", "×"),
    ("divide", "÷"),
    ("frac12", "½"),
    ("frac14", "¼"),
    ("frac34", "¾"),
    ("sup1", "¹"),
    ("sup2", "²"),
    ("sup3", "³"),
    ("micro", "µ"),
    ("middot", "·"),
    ("bull", "•"),
    ("hellip", "…"),
    ("prime", "′"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("lsaquo", "‹"),
    ("rsaquo", "›"),
    ("iexcl", "¡"),
    ("iquest", "¿"),
    ("ordf", "ª"),
    ("ordm", "º"),
    ("not", "¬"),
    ("macr", "¯"),
    ("acute", "´"),
    ("cedil", "¸"),
    ("uml", "¨"),
    ("brvbar", "¦"),
    ("curren", "¤"),
    ("larr", "←"),
    ("rarr", "→"),
    ("uarr", "↑"),
    ("darr", "↓"),
    ("check", "✓"),
    ("star", "☆"),
    ("hearts", "♥"),
    ("Agrave", "À"),
    ("Aacute", "Á"),
    ("Acirc", "Â"),
    ("Atilde", "Ã"),
    ("Auml", "Ä"),
    ("Aring", "Å"),
    ("AElig", "Æ"),
    ("Ccedil", "Ç"),
    ("Egrave", "È"),
    ("Eacute", "É"),
    ("Ecirc", "Ê"),
    ("Euml", "Ë"),
    ("Igrave", "Ì"),
    ("Iacute", "Í"),
    ("Icirc", "Î"),
    ("Iuml", "Ï"),
    ("ETH", "Ð"),
    ("Ntilde", "Ñ"),
    ("Ograve", "Ò"),
    ("Oacute", "Ó"),
    ("Ocirc", "Ô"),
    ("Otilde", "Õ"),
    ("Ouml", "Ö"),
    ("Oslash", "Ø"),
    ("Ugrave", "Ù"),
    ("Uacute", "Ú"),
    ("Ucirc", "Û"),
    ("Uuml", "Ü"),
    ("Yacute", "Ý"),
    ("THORN", "Þ"),
    ("szlig", "ß"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("atilde", "ã"),
    ("auml", "ä"),
    ("aring", "å"),
    ("aelig", "æ"),
    ("ccedil", "ç"),
    ("egrave", "è"),
    ("eacute", "é"),
    ("ecirc", "ê"),
    ("euml", "ë"),
    ("igrave", "ì"),
    ("iacute", "í"),
    ("icirc", "î"),
    ("iuml", "ï"),
    ("eth", "ð"),
    ("ntilde", "ñ"),
    ("ograve", "ò"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("otilde", "õ"),
    ("ouml", "ö"),
    ("oslash", "ø"),
    ("ugrave", "ù"),
    ("uacute", "ú"),
    ("ucirc", "û"),
    ("uuml", "ü"),
    ("yacute", "ý"),
    ("thorn", "þ"),
    ("yuml", "ÿ"),
    ("OElig", "Œ"),
    ("oelig", "œ"),
    ("Scaron", "Š"),
    ("scaron", "š"),
    ("Yuml", "Ÿ"),
    ("fnof", "ƒ"),
    ("circ", "ˆ"),
    ("tilde", "˜"),
    ("dagger", "†"),
    ("Dagger", "‡"),
    ("permil", "‰"),
    ("infin", "∞"),
    ("ne", "≠"),
    ("le", "≤"),
    ("ge", "≥"),
    ("asymp", "≈"),
    ("minus", "−"),
    ("radic", "√"),
    ("sum", "∑"),
    ("pi", "π"),
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("mu", "μ"),
    ("omega", "ω"),
    ("Omega", "Ω"),
    ("Delta", "Δ"),
];

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(text_of(html), expected, "{html}");
    }

    #[test]
    fn markup_goes_and_words_stay() {
        check(
            "<html><head><title>t</title><style>p{}</style></head><body><p>Fish &amp; chips</p><script>x('</p>')</script><div>at&nbsp;5pm?</div></body></html>",
            "Fish & chips\n\nat 5pm?",
        );
        check("one<br>two<br/>three", "one\ntwo\nthree");
        check("<p>a</p><p>b</p>", "a\n\nb");
        check("a <b>bold</b>  word\n here", "a bold word here");
        check("<ul><li>one</li><li>two</li></ul>", "one\ntwo");
        check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc");
        check("<!-- hidden > --><p title=\"a>b\">seen</p>", "seen");
        check("<pre>a\n  b</pre>", "a\nb");
    }

    #[test]
    fn references_are_read() {
        check(
            "&lt;b&gt; &#8364; &#x20AC; &euro; &#150; caf&eacute; &unknown; &amp;amp; 5 &lt 6",
            "<b> € € € – café &unknown; &amp; 5 < 6",
        );
        check("a < b and c > d", "a < b and c > d");
    }

    #[test]
    fn quotations_are_marked() {
        check(
            "<p>Yes.</p><blockquote>Can we?<br>Acme<blockquote>older</blockquote></blockquote>",
            "Yes.\n\n> Can we?\n> Acme\n\n> > older",
        );
    }

    #[test]
    fn a_page_made_to_hurt_is_read_in_no_time() {
        let started = Instant::now();
        for page in [
            "<div>".repeat(400_000),
            "<blockquote>a".repeat(100_000),
            "<a href=\"".repeat(20_000),
            "&#".repeat(500_000),
            "<!--".repeat(400_000),
            "<".repeat(2_000_000),
            "<script></".repeat(200_000),
            "<p title=".repeat(200_000),
        ] {
            let _text = text_of(&page);
        }
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn any_page_will_do(html in "(<[/a-z!-]{0,6}|[ -~é€]{0,8}|&[a-z#0-9]{0,6};?|>|\"){0,40}") {
            let text = text_of(&html);
            prop_assert_eq!(text.trim(), text.as_str());
        }
    }
}
