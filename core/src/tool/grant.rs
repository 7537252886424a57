//! Which kinds of tools a token opens. Source: tool gateway reference, surfaces.

use crate::tool::Class;

/// How words of permissions about tools begin.
const PREFIX: &str = "tools.";

/// Which kinds of tools a token opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grant {
    /// All that its role has: the token says nothing about tools.
    #[default]
    Everything,
    /// Just these.
    Only(Vec<Class>),
}

impl Grant {
    /// What the words of a token's `scope` say. Words about other things count for nothing; a word about tools that
    /// nobody knows opens nothing, and is no reason to open all.
    pub fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let about_tools: Vec<&str> = words.filter(|word| word.starts_with(PREFIX)).collect();
        if about_tools.is_empty() {
            return Self::Everything;
        }
        Self::Only(Class::ALL.iter().copied().filter(|class| about_tools.contains(&word(*class))).collect())
    }

    /// Whether it opens a kind of tools.
    pub fn opens(&self, class: Class) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(classes) => classes.contains(&class),
        }
    }
}

/// The permission for a kind of tools, as tokens write it.
pub const fn word(class: Class) -> &'static str {
    match class {
        Class::Read => "tools.read",
        Class::Draft => "tools.draft",
        Class::Commit => "tools.commit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_about_tools_limit_a_token_and_others_do_not() {
        let of = |text: &str| Grant::of(text.split(' '));
        assert_eq!(of("openid profile"), Grant::Everything);
        assert_eq!(of("tools.read openid tools.commit"), Grant::Only(vec![Class::Read, Class::Commit]));
        assert!(of("tools.read").opens(Class::Read) && !of("tools.read").opens(Class::Draft));
        assert_eq!(of("tools.everything"), Grant::Only(Vec::new()));
    }
}
