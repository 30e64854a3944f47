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

/// Control characters (general category Cc), line and paragraph separators, and what is shown as nothing or turns the
/// direction of writing: Default_Ignorable_Code_Point (Unicode Standard Annex 44), which has the formatting characters of
/// Annex 9 in it. Variation selectors stay: they belong to the letter before them, as in emoji.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::spelling::unseen;

    #[test]
    fn what_acts_on_a_terminal_is_spelled_out() {
        for plain in [
            "a b\u{e9}\u{4e2d}",
            "e\u{301}",
            "示例电力（江苏）。",
            "\u{2764}\u{fe0f}",
            "\u{1f600}",
            "\u{3000}",
        ] {
            assert_eq!(visible(plain), plain);
        }
        assert_eq!(visible("a\nb\u{1b}[31m\u{202e}c"), "a\\nb\\u{1b}[31m\\u{202e}c");
        assert_eq!(visible("a\u{200b}\u{61c}\u{e0061}b"), "a\\u{200b}\\u{61c}\\u{e0061}b");
    }

    #[test]
    fn all_that_nobody_sees_is_spelled_out_but_variation_selectors() {
        let selects = |letter: char| match letter {
            '\u{180b}'..='\u{180d}' | '\u{180f}' => true,
            _ => matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'),
        };
        for letter in '\0'..=char::MAX {
            let hidden = unseen(letter.encode_utf8(&mut [0; 4])).is_some();
            assert_eq!(acts(letter), hidden && !selects(letter), "{letter:?}");
        }
    }
}
