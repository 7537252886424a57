//! Reads Rust text just far enough to find its string literals and what stands around them.

/// A piece of Rust text. Comments and white space are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// What a string literal means, escapes resolved, and its line (from 1).
    Text(String, usize),
    /// Any other single character.
    Sign(char),
}

/// The tokens of `source`. Character literals and lifetimes are dropped.
pub fn tokens(source: &str) -> Vec<Token> {
    Reader { rest: source.chars().collect(), at: 0, line: 1 }.run()
}

/// The text up to a trailing `mod tests { … }`, which by convention ends a file.
pub fn without_tests(source: &str) -> &str {
    source.find("#[cfg(test)]\nmod tests {").map_or(source, |end| source.get(..end).unwrap_or(source))
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn run(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(found) = self.peek(0) {
            match found {
                '/' if self.peek(1) == Some('/') => {
                    while self.peek(0).is_some_and(|next| next != '\n') {
                        self.next();
                    }
                }
                '/' if self.peek(1) == Some('*') => self.skip_block_comment(),
                '"' => tokens.push(self.text()),
                '\'' => self.skip_character(),
                'r' | 'b' | 'c' if self.raw_hashes().is_some() => tokens.push(self.raw_text()),
                found if found.is_alphanumeric() || found == '_' => tokens.push(self.word()),
                found => {
                    self.next();
                    if !found.is_whitespace() {
                        tokens.push(Token::Sign(found));
                    }
                }
            }
        }
        tokens
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(found == '\n');
        Some(found)
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while let Some(found) = self.next() {
            match (found, self.peek(0)) {
                ('/', Some('*')) => {
                    depth += 1;
                    self.next();
                }
                ('*', Some('/')) => {
                    depth -= 1;
                    self.next();
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// `'x'` and `'\n'` are characters; `'a` is a lifetime, whose word is dropped with it.
    fn skip_character(&mut self) {
        self.next();
        if self.peek(0) == Some('\\') {
            self.next();
            self.next();
            while self.next().is_some_and(|found| found != '\'') {}
        } else if self.peek(1) == Some('\'') {
            self.next();
            self.next();
        } else {
            self.word();
        }
    }

    fn word(&mut self) -> Token {
        let mut word = String::new();
        while let Some(found) = self.peek(0).filter(|found| found.is_alphanumeric() || *found == '_') {
            word.push(found);
            self.next();
        }
        Token::Word(word)
    }

    /// How many `#` a raw string that begins here has; `None` when none begins here.
    fn raw_hashes(&self) -> Option<usize> {
        let mut ahead = 1;
        if self.peek(0) != Some('r') {
            if self.peek(1) != Some('r') {
                return None;
            }
            ahead = 2;
        }
        let mut hashes = 0;
        while self.peek(ahead + hashes) == Some('#') {
            hashes += 1;
        }
        (self.peek(ahead + hashes) == Some('"')).then_some(hashes)
    }

    fn raw_text(&mut self) -> Token {
        let line = self.line;
        let hashes = self.raw_hashes().expect("the caller saw a raw string");
        while self.next() != Some('"') {}
        let mut text = String::new();
        while let Some(found) = self.next() {
            if found == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.at += hashes;
                break;
            }
            text.push(found);
        }
        Token::Text(text, line)
    }

    fn text(&mut self) -> Token {
        let line = self.line;
        self.next();
        let mut text = String::new();
        while let Some(found) = self.next() {
            match found {
                '"' => break,
                '\\' => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('0') => text.push('\0'),
                    Some('\n') => {
                        while self.peek(0).is_some_and(char::is_whitespace) {
                            self.next();
                        }
                    }
                    Some('u' | 'x') => text.push('?'),
                    Some(other) => text.push(other),
                    None => break,
                },
                found => text.push(found),
            }
        }
        Token::Text(text, line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        tokens(source)
            .into_iter()
            .filter_map(|token| match token {
                Token::Text(text, _) => Some(text),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn finds_plain_raw_and_continued_literals() {
        let source = "a(\"one \\\n    two\", r#\"say \"hi\"\"#, br\"three\", '\"', 'x', &'a str) // \"no\"\n/* \"no\" */ b(\"four\")";
        assert_eq!(texts(source), ["one two", "say \"hi\"", "three", "four"]);
    }

    #[test]
    fn tells_lines() {
        assert_eq!(tokens("\n\n\"x\""), [Token::Text("x".into(), 3)]);
    }
}
