//! Labeled messages with personal data, all of it invented: `tests/corpus/personal-data.jsonl`.

use serde::Deserialize;

use crate::source_tree;

/// A message with what is personal in it.
#[derive(Clone, Debug, Deserialize)]
pub struct Labeled {
    /// Names the message.
    pub id: String,
    /// What was written.
    pub text: String,
    /// What is personal in it.
    pub spans: Vec<Label>,
    /// Who is known in the conversation.
    pub context: Context,
}

/// A place with personal data, in code points.
#[derive(Clone, Debug, Deserialize)]
pub struct Label {
    /// From.
    pub start: u32,
    /// Until.
    pub end: u32,
    /// What kind.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a conversation knows.
#[derive(Clone, Debug, Deserialize)]
pub struct Context {
    /// Names.
    pub contacts: Vec<String>,
}

/// All of them.
///
/// Panics when the file is not there or is no JSON lines.
pub fn labeled() -> Vec<Labeled> {
    let path = source_tree::root().join("tests/corpus/personal-data.jsonl");
    let text = std::fs::read_to_string(path).expect("the corpus is in the tree");
    text.lines().map(|line| serde_json::from_str(line).expect("a record for each line")).collect()
}

/// Their texts.
pub fn messages() -> Vec<String> {
    labeled().into_iter().map(|record| record.text).collect()
}
