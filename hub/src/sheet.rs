//! Tables that a spreadsheet opens.

/// A text that no spreadsheet takes for a formula. Telephone numbers begin with a plus and are left alone: they hold
/// nothing but digits.
pub(crate) fn harmless(text: &str) -> String {
    let is_number = text.starts_with('+') && text.len() > 1 && text.chars().skip(1).all(|c| c.is_ascii_digit());
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number { format!("'{text}") } else { text.to_owned() }
}

/// A table as CSV, lines ended as RFC 4180 wants it.
pub(crate) fn csv(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut write = |cells: Vec<String>| writer.write_record(cells).is_ok();
    write(columns.iter().map(|name| (*name).to_owned()).collect());
    for cells in rows {
        write(cells);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_a_text_and_a_number_stays() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(harmless("+15550100"), "+15550100");
        assert_eq!(harmless("+1+cmd"), "'+1+cmd");
        assert_eq!(harmless("Maya"), "Maya");
    }

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        let text = csv(&["a", "b"], [vec!["1,5".to_owned(), "say \"no\"".to_owned()]].into_iter());
        assert_eq!(String::from_utf8(text).expect("text"), "a,b\r\n\"1,5\",\"say \"\"no\"\"\"\r\n");
    }
}
