//! The text of a mail on the wire: ends with a line that is one dot, and only when both line ends are CRLF; lines that
//! begin with a dot carry one more. Source: RFC 5321, 4.5.2.

/// Collects a mail from pieces of any size.
#[derive(Debug)]
pub(super) struct DataReader {
    mail: Vec<u8>,
    limit: usize,
    is_too_long: bool,
    place: Place,
}

/// What was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the beginning of a line.
    LineStart,
    /// After a dot at the beginning of a line.
    Dot,
    /// After a dot and CR at the beginning of a line.
    DotCr,
    /// Somewhere in a line.
    Inside,
    /// After CR in a line.
    Cr,
}

/// What a piece led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The mail goes on.
    More,
    /// It ended; so many bytes of the piece belonged to it.
    Done(usize),
}

impl DataReader {
    pub(super) fn new(limit: usize) -> Self {
        Self { mail: Vec::new(), limit, is_too_long: false, place: Place::LineStart }
    }

    /// Reads a piece.
    pub(super) fn read(&mut self, piece: &[u8]) -> Progress {
        for (count, byte) in piece.iter().enumerate() {
            self.place = match (self.place, byte) {
                (Place::LineStart, b'.') => Place::Dot,
                (Place::Dot, b'\r') => Place::DotCr,
                (Place::DotCr, b'\n') => return Progress::Done(count + 1),
                (Place::DotCr, byte) => {
                    // The dot was doubled or should have been: it is not part of the text.
                    self.push(b'\r');
                    self.inside(*byte)
                }
                (Place::LineStart | Place::Inside | Place::Dot, byte) => self.inside(*byte),
                (Place::Cr, b'\n') => {
                    self.push(b'\n');
                    Place::LineStart
                }
                (Place::Cr, byte) => self.inside(*byte),
            };
        }
        Progress::More
    }

    fn inside(&mut self, byte: u8) -> Place {
        self.push(byte);
        if byte == b'\r' { Place::Cr } else { Place::Inside }
    }

    fn push(&mut self, byte: u8) {
        if self.mail.len() < self.limit {
            self.mail.push(byte);
        } else {
            self.is_too_long = true;
        }
    }

    /// Keeps nothing of it; it is read to its end all the same.
    pub(super) fn give_up(&mut self) {
        self.limit = 0;
        self.is_too_long = true;
        self.mail = Vec::new();
    }

    /// Bytes that are held.
    pub(super) fn held(&self) -> usize {
        self.mail.len()
    }

    /// The mail. `None`: it is longer than the limit.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (!self.is_too_long).then_some(self.mail)
    }
}

/// A mail comes out the same in pieces of any size.
pub(super) fn exercise(bytes: &[u8]) {
    let whole = collect(bytes, bytes.len().max(1));
    assert_eq!(whole, collect(bytes, 1), "the pieces make no difference");
    assert_eq!(whole, collect(bytes, 3), "the pieces make no difference");
}

fn collect(bytes: &[u8], piece: usize) -> (Option<Vec<u8>>, Option<usize>) {
    let mut reader = DataReader::new(1 << 20);
    let mut before = 0;
    for piece in bytes.chunks(piece) {
        if let Progress::Done(count) = reader.read(piece) {
            return (reader.finish(), Some(before + count));
        }
        before += piece.len();
    }
    (reader.finish(), None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(wire: &str, mail: &str, ends: Option<usize>) {
        let (found, end) = collect(wire.as_bytes(), 7);
        assert_eq!(
            (found.map(|mail| String::from_utf8(mail).unwrap()).as_deref(), end),
            (Some(mail), ends),
            "{wire:?}"
        );
    }

    #[test]
    fn a_line_with_one_dot_ends_the_mail() {
        check("a\r\n.\r\nQUIT\r\n", "a\r\n", Some(6));
        check(".\r\n", "", Some(3));
        check("a\r\n..b\r\n.\r\n", "a\r\n.b\r\n", Some(11));
        check("a\r\n...\r\n.\r\n", "a\r\n..\r\n", Some(11));
    }

    #[test]
    fn nothing_else_does() {
        for wire in ["a\n.\n", "a\n.\r\n", "a\r\n.\n", "a\r.\r\n", "a.\r\n", "a\r\n.\rb\r\n"] {
            let (_, end) = collect(wire.as_bytes(), 2);
            assert_eq!(end, None, "{wire:?}");
        }
    }

    #[test]
    fn a_mail_over_the_limit_is_read_to_its_end_and_not_kept() {
        let mut reader = DataReader::new(10);
        assert_eq!(reader.read(b"0123456789abc\r\n.\r\nx"), Progress::Done(18));
        assert_eq!(reader.held(), 10);
        assert_eq!(reader.finish(), None);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(wire in "(\r\n|\\.|\r|\n|a){0,40}") {
            exercise(wire.as_bytes());
        }

        #[test]
        fn what_is_stuffed_comes_out(lines in proptest::collection::vec("\\.{0,3}[a-z]{0,4}", 0..8)) {
            let mail: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let wire: String = lines.iter().map(|line| {
                let dot = if line.starts_with('.') { "." } else { "" };
                format!("{dot}{line}\r\n")
            }).collect();
            let (found, end) = collect(format!("{wire}.\r\n").as_bytes(), 5);
            prop_assert_eq!(found, Some(mail.into_bytes()));
            prop_assert_eq!(end, Some(wire.len() + 3));
        }
    }
}
