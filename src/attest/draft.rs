//! Writes trust stores and policies as people would write them: with comments, and read back before anybody gets them.

pub mod policy;
pub mod store;

use crate::visible::visible;

/// `text` as a basic string of TOML (TOML 1.0, "String"): what could end it, and what a terminal would act on, is
/// escaped.
pub fn quoted(text: &str) -> String {
    let mut string = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => string.extend(['\\', letter]),
            _ if visible(letter.encode_utf8(&mut [0; 4])) != letter.to_string() => {
                string.extend(["\\U", &format!("{:08X}", u32::from(letter))]);
            }
            _ => string.push(letter),
        }
    }
    string + "\""
}

/// `["a", "b"]`
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct One {
        text: String,
    }

    #[test]
    fn every_text_is_read_back_and_none_acts_on_a_terminal() {
        let all: String =
            ('\0'..='\u{300}').chain('\u{2000}'..='\u{2100}').chain(['中', '\u{10ffff}']).collect();
        for text in ["", "a", "\"", "\\", "\\u0041", "\"\"\"\n[[key]]\nname = \"b\"", "'", "\u{202e}", &all] {
            let string = quoted(text);
            assert_eq!(visible(&string), string, "{text:?}");
            let read: One = crate::configuration::parse(&format!("text = {string}")).unwrap();
            assert_eq!(read.text, text);
        }
        assert_eq!(list(["a", "b\""].into_iter()), r#"["a", "b\""]"#);
    }
}
