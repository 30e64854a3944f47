//! Text that nobody vouches for, such as file names, made harmless on a terminal and in a log.

use std::borrow::Cow;
use std::path::Path;

/// `text` on one line: characters that move the cursor, break the line or turn the direction of writing are spelled as
/// Rust spells them, such as `\n` and `\u{1b}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if acts(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown.into()
}

/// A path as text: what is not UTF-8 is replaced, and the rest made [`visible`].
pub(crate) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// Control characters (general category Cc), line and paragraph separators, and the explicit directional formatting
/// characters of Unicode Standard Annex 9.
fn acts(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_acts_on_a_terminal_is_spelled_out() {
        assert_eq!(super::visible("a b\u{e9}\u{4e2d}"), "a b\u{e9}\u{4e2d}");
        assert_eq!(super::visible("a\nb\u{1b}[31m\u{202e}c"), "a\\nb\\u{1b}[31m\\u{202e}c");
    }
}
