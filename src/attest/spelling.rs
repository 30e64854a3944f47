//! When two names are one, however they are written, and when they only look so. Names are compared here and nowhere
//! else: of a store that was accepted, those that are one are the same text.

use std::collections::HashMap;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// What all spellings of a name have in common: toNFKC_Casefold (The Unicode Standard, section 3.13, definition R5),
/// with an ideographic full stop as a full stop, runs of white space as one space, none around the name or beside brackets
/// and letters of Chinese, Japanese and Korean, and no full stop at its end, which host names and short forms may have.
pub fn folded(name: &str) -> String {
    let once = |text: &str| -> String {
        let seen: String = text.nfd().filter(|letter| !is_ignorable(*letter)).collect();
        UniCase::unicode(seen).to_folded_case().nfkc().collect()
    };
    // What a compatibility decomposition gives may have a case or marks again.
    let folded = once(&once(name)).replace('\u{3002}', ".");
    let mut close = String::new();
    for word in folded.split_whitespace() {
        let beside = [close.chars().next_back(), word.chars().next()];
        if beside.iter().all(|letter| letter.is_some_and(|letter| !is_set_close(letter))) {
            close.push(' ');
        }
        close.push_str(word);
    }
    // Marks that stood behind a space may belong to a letter now.
    close.trim_end_matches(['.', ' ']).nfkc().collect()
}

/// Whether a space beside it is a matter of taste: brackets, and the letters and marks of Chinese, Japanese and Korean.
fn is_set_close(letter: char) -> bool {
    matches!(
        letter,
        '(' | ')' | '[' | ']' | '{' | '}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{a960}'..='\u{a97f}'
            | '\u{ac00}'..='\u{d7ff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Whether it is shown as nothing: Default_Ignorable_Code_Point (UAX #44), directional formatting included. A skeleton
/// leaves out these and nothing else (UTS #39, section 4).
fn is_ignorable(letter: char) -> bool {
    skeleton(letter.encode_utf8(&mut [0; 4])).next().is_none()
}

/// The first character of a name that nobody sees, or that moves what is seen.
pub fn unseen(name: &str) -> Option<char> {
    let moves = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    name.chars().find(|letter| moves(*letter) || is_ignorable(*letter))
}

/// A name in quotes, with everything in it spelled out that is not seen, or is not the space it looks like.
pub fn shown(name: &str) -> String {
    let mut shown = String::from("\"");
    for letter in name.chars() {
        let hidden = unseen(letter.encode_utf8(&mut [0; 4])).is_some();
        if hidden || letter != ' ' && letter.is_whitespace() || matches!(letter, '"' | '\\') {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown + "\""
}

/// A name as messages have it: in quotes where not everything in it is seen, or there is nothing to see.
pub fn label(name: &str) -> String {
    if name.trim().is_empty() || unseen(name).is_some() { shown(name) } else { name.to_owned() }
}

/// How two names are alike that are not the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// They are one name, written in two ways.
    One,
    /// They look like one name: their skeletons are equal (UTS #39, section 4), as written or folded, or
    /// once folded themselves: a capital I is like an l only as it is written.
    Look,
}

/// How these names are alike; nothing, if they are the same text or differ in what is seen.
pub fn likeness(one: &str, other: &str) -> Option<Likeness> {
    let mut names = Names::default();
    names.add(one, "");
    names.add(other, "").map(|alike| alike.how)
}

/// Names that stand in one file, each with the key that it is found at.
#[derive(Debug, Default)]
pub struct Names {
    /// The spelling and the key of each, by what is compared.
    known: HashMap<(Kind, String), (String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Spelling,
    Folded,
    Look,
    FoldedLook,
}

/// An earlier name that is like another one.
#[derive(Debug, PartialEq, Eq)]
pub struct Alike {
    /// How.
    pub how: Likeness,
    /// The earlier name.
    pub name: String,
    /// The key that it was found at first.
    pub key: String,
}

impl Names {
    /// Whether this name was added, in this spelling.
    pub fn knows(&self, name: &str) -> bool {
        self.known.contains_key(&(Kind::Spelling, name.to_owned()))
    }

    /// Adds a name; says which earlier one it is like. What was added before in the same spelling is like nothing new.
    pub fn add(&mut self, name: &str, key: &str) -> Option<Alike> {
        let look: String = skeleton(name).collect();
        let (folded, folded_look) = (folded(name), folded(&look));
        let forms = [
            (Kind::Spelling, name.to_owned()),
            (Kind::Folded, folded.clone()),
            (Kind::Look, look),
            (Kind::FoldedLook, skeleton(&folded).collect()),
            (Kind::FoldedLook, skeleton(&folded_look).collect()),
        ];
        let met = forms.iter().find_map(|form| self.known.get(form).map(|other| (form.0, other.clone())));
        for form in forms {
            self.known.entry(form).or_insert_with(|| (name.to_owned(), key.to_owned()));
        }
        let (kind, (name, key)) = met?;
        let how = match kind {
            Kind::Spelling => return None,
            Kind::Folded => Likeness::One,
            Kind::Look | Kind::FoldedLook => Likeness::Look,
        };
        Some(Alike { how, name, key })
    }
}

/// The first characters in which two names differ, by their numbers: what is seen may be the same.
pub fn difference(one: &str, other: &str) -> String {
    let (mut one, mut other) = (one.chars(), other.chars());
    loop {
        let pair = (one.next(), other.next());
        if pair.0 == pair.1 && pair.0.is_some() {
            continue;
        }
        return format!("{} in one, {} in the other", number(pair.0), number(pair.1));
    }
}

/// A character as Unicode writes its number.
pub fn number(letter: Option<char>) -> String {
    letter.map_or_else(|| "nothing".into(), |letter| format!("U+{:04X}", letter as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, and how they are alike.
    #[test]
    fn names_are_one_that_are_written_alike_by_unicode() {
        use Likeness::{Look, One};
        for (one, other, how) in [
            ("示例电力（江苏）有限公司", "示例电力(江苏)有限公司", Some(One)),
            ("Ｕtility", "utility", Some(One)),
            ("Utility.example", "utility.example", Some(One)),
            ("Straße", "STRASSE", Some(One)),
            ("caf\u{e9}", "cafe\u{301}", Some(One)),
            ("a\u{3000} b", "a b", Some(One)),
            ("a\u{a0}b", " a  b ", Some(One)),
            ("a\u{200b}b", "ab", Some(One)),
            ("\u{202e}ab", "ab", Some(One)),
            ("ﬁrm", "FIRM", Some(One)),
            ("ΣΊΣΥΦΟΣ", "σίσυφος", Some(One)),
            ("\u{345}\u{301}", "\u{301}\u{3b9}", Some(One)),
            ("㍿ 例", "株式会社 例", Some(One)),
            ("示例电力（江苏）", "示例电力 (江苏)", Some(One)),
            ("示例 电力", "示例电力", Some(One)),
            ("示例\u{3000}电力", "示例电力", Some(One)),
            ("ABC 电力", "ABC电力", Some(One)),
            ("예시 전력", "예시전력", Some(One)),
            ("か\u{309b}", "が", Some(One)),
            ("Utility (North)", "Utility(North)", Some(One)),
            ("示例。", "示例.", Some(One)),
            ("示例。电力", "示例.电力", Some(One)),
            ("utility.example", "utility.example.", Some(One)),
            ("Example Ltd. ", "Example Ltd", Some(One)),
            ("Example Ltd", "exampIe Ltd", Some(Look)),
            ("Utility", "utiIity", Some(Look)),
            ("UTILITY", "utiIity", Some(Look)),
            ("Utility 0", "utility O", Some(Look)),
            ("paypal", "pаypal", Some(Look)),
            ("ACME", "аcme", Some(Look)),
            ("u1", "ul", Some(Look)),
            ("电力", "电カ", Some(Look)),
            ("modern", "modem", Some(Look)),
            ("a", "a", None),
            ("a b", "ab", None),
            ("u1", "u2", None),
            ("示例电力", "示例电网", None),
            ("国网", "國網", None),
            ("a.b", "ab", None),
            ("utility-1", "utility-i", None),
            ("Example Ltd", "Example Inc", None),
            ("Example North", "Examplenorth", None),
            ("resume", "résumé", None),
        ] {
            assert_eq!(likeness(one, other), how, "{one} {other}");
            assert_eq!(likeness(other, one), how, "{other} {one}");
            assert_eq!(folded(one) == folded(other), how == Some(One) || one == other, "{one} {other}");
        }
    }

    /// toNFKC_Casefold is stable: what it gives is what it gives of that.
    #[test]
    fn folding_again_changes_nothing() {
        // Where letters have a case or a decomposition, or are not seen; ideographs and syllables have none.
        let ranges = [
            '\0'..='\u{33ff}',
            '\u{a640}'..='\u{abff}',
            '\u{f900}'..='\u{10fff}',
            '\u{16e00}'..='\u{16eff}',
            '\u{1d400}'..='\u{1d7ff}',
            '\u{1e900}'..='\u{1f2ff}',
            '\u{2f800}'..='\u{2fa1f}',
            '\u{e0000}'..='\u{e0fff}',
        ];
        for letter in ranges.into_iter().flatten() {
            let folded_once = folded(&format!("a{letter}b"));
            assert_eq!(folded(&folded_once), folded_once, "{letter:?}");
            let folded_once = folded(&format!("か {letter} ."));
            assert_eq!(folded(&folded_once), folded_once, "{letter:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_found_and_spelled_out() {
        for (name, first, text) in [
            ("a\u{7}b", Some('\u{7}'), r#""a\u{7}b""#),
            ("a\u{200b}b", Some('\u{200b}'), r#""a\u{200b}b""#),
            ("a\u{202e}b", Some('\u{202e}'), r#""a\u{202e}b""#),
            ("a\u{3164}b", Some('\u{3164}'), r#""a\u{3164}b""#),
            ("a\u{2028}b", Some('\u{2028}'), r#""a\u{2028}b""#),
            ("a\u{e0061}b", Some('\u{e0061}'), r#""a\u{e0061}b""#),
            ("a\u{3000}\"b", None, r#""a\u{3000}\"b""#),
            ("示例 (é)", None, "\"示例 (é)\""),
        ] {
            assert_eq!((unseen(name), shown(name).as_str()), (first, text));
        }
        assert_eq!(difference("ab", "aB"), "U+0062 in one, U+0042 in the other");
        assert_eq!(difference("a", "a（"), "nothing in one, U+FF08 in the other");
    }

    #[test]
    fn a_spelling_is_told_once() {
        let mut names = Names::default();
        assert_eq!(names.add("Ａ", "first"), None);
        assert_eq!(names.add("Ａ", "second"), None);
        let found = names.add("a", "third");
        assert_eq!(found, Some(Alike { how: Likeness::One, name: "Ａ".into(), key: "first".into() }));
        assert_eq!(names.add("a", "fourth"), None);
    }
}
